"""What an exchange between devices asks of the links that join them."""

from __future__ import annotations

from bitline.hardware.chip import Chip
from bitline.hardware.engine import Use, Work
from bitline.mapping.devices import values_of_each, values_sent
from bitline.mapping.width import input_bits
from bitline.operators import Exchange
from bitline.timeline.link_parts import DEVICES, delay_name, start_name

ONCE = Use(total=1, serial=1)


def exchange_work(exchange: Exchange, engine: str, chip: Chip) -> Work:
    """Count the bits that a device sends, as a mean and at most, messages in turn, and the start if it takes any time.

    Values have the width that the engine takes in.
    """
    values, messages = values_sent(exchange, chip.devices)
    each = input_bits(chip.engines[engine])
    starts = {start_name(DEVICES): ONCE} if chip.devices.start_s else {}
    return Work(
        stream={DEVICES: Use(total=values_of_each(exchange, chip.devices) * each, serial=values * each)},
        setup={delay_name(DEVICES): Use(total=messages, serial=messages), **starts},
    )
