"""One digital compute-in-memory engine whose operands are written before use."""

from bitline.engines.digital_cim import DigitalCim

EXAMPLE = DigitalCim(
    rows=64, columns=512, clock_hz=5e8, active_rows=32, macros=64, holds="operands", activations="buffer"
)
