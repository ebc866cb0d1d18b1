"""What the whole chip shares and no engine prices: links, and memories that no engine names.

One use is one bit that moves; the fixed delay of a link is a part of its own, used once per transfer.
"""

from __future__ import annotations

from bitline.costs import memory as costs
from bitline.costs.link import bit_energy, bit_time
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Part
from bitline.hardware.figure import Figure, stated_or
from bitline.mapping.movement import link_name

DEVICES = "link.devices"
"""What joins the devices of a group."""
UNKNOWN = Figure(0.0, "area of the link not stated: not counted", "ideal")


def delay_name(link: str) -> str:
    """Name the part that stands for a link's fixed delay."""
    return f"{link}.delay"


def start_name(link: str) -> str:
    """Name the part that stands for the start of an exchange."""
    return f"{link}.start"


def link_parts(chip: Chip) -> tuple[Part, ...]:
    """Price every link."""
    parts = []
    for link in chip.links:
        name = link_name(link.between)
        parts.append(
            Part(
                name=name,
                energy_j=bit_energy(link, chip.technology),
                latency_s=bit_time(link),
                area_m2=stated_or(link.area_m2, UNKNOWN),
            )
        )
        delay = Figure(link.latency_s, "stated in the description", "stated")
        parts.append(Part(name=delay_name(name), latency_s=delay))
    return tuple(parts)


def device_parts(chip: Chip) -> tuple[Part, ...]:
    """Price what a device of a group sends to others: bits of all its links together, messages, and starts if any."""
    devices = chip.devices
    if devices.all == 1:
        return ()
    rate = devices.bandwidth_bytes_per_s
    time = Figure(0.0, "bandwidth not given: no time", "ideal")
    if rate is not None:
        time = Figure(1.0 / (8.0 * rate), "stated in the description", "stated")
    energy = Figure(0.0, "energy not given: not counted", "ideal")
    if devices.energy_per_bit_j is not None:
        energy = Figure(devices.energy_per_bit_j, "stated in the description", "stated")
    message = Figure(devices.latency_s, "stated in the description", "stated")
    start = Figure(devices.start_s or 0.0, "stated in the description", "stated")
    return (
        Part(name=DEVICES, energy_j=energy, latency_s=time),
        Part(name=delay_name(DEVICES), latency_s=message),
        *([Part(name=start_name(DEVICES), latency_s=start)] if devices.start_s else ()),
    )


def memory_parts(chip: Chip) -> tuple[Part, ...]:
    """Price every memory of the description."""
    return tuple(
        part for name, memory in chip.memories.items() for part in costs.memory_parts(name, memory, chip.technology)
    )
