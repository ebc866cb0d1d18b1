"""One small flash with a host that takes most of what few inputs share."""

from bitline.engines.flash_pim import FlashPim
from bitline.hardware import Flash

EXAMPLE = FlashPim(
    memory="main",
    flash=Flash(page_bytes=4096, planes=2, dies=4, channels=2, channel_bytes_per_s=1e9, read_s=3e-5),
    host_macs_per_s=1e12,
)
