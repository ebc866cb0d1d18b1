"""DRAM as main memory: joule per bit by standard and by level, for descriptions that say no more than the standard.

Levels must not be mixed: HBM2 is 3.9 pJ/bit at the device and 13 at the board of a GPU. A level that no source
gives for a standard is refused. Sources that disagree are the ends of the envelope; nothing is averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.errors import not_one_of
from bitline.hardware.figure import Figure
from bitline.hardware.memory import Level


@final
@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one standard at one level, per bit."""

    read_j: float
    low_j: float
    high_j: float
    source: str
    write_j: float | None = None
    """As a read if no source tells them apart."""


STREAMED = "activation of rows that are read whole included"
BIT_J: dict[str, dict[Level, Known]] = {
    "ddr3": {"board": Known(70e-12, 35e-12, 70e-12, "old accelerator papers, weak [stated]")},
    "ddr4": {
        "device": Known(
            5.55e-12, 4.5e-12, 6.0e-12,
            f"currents of DDR4-3200 x8, core only [computed], {STREAMED}; low: MICRO 2010 [second-hand]; "
            "high: 2400 and x16 [computed]",
            write_j=4.70e-12,
        ),
        "interface": Known(11.85e-12, 8e-12, 15e-12, "taken as DDR5 [assumption]"),
    },
    "ddr5": {"device": Known(11.85e-12, 6e-12, 15e-12, "simulated device, gem5 and DRAMsim3 [second-hand]")},
    "lpddr3": {"interface": Known(3.7e-12, 3.7e-12, 10e-12, "pins alone [second-hand]")},
    "lpddr4": {
        "device": Known(
            6.2e-12, 3.4e-12, 8e-12,
            f"currents of LPDDR4-2400, core only [computed], {STREAMED}; low: those of LPDDR4X in LLMServingSim "
            "[computed]; high: hwcomponents [second-hand]",
            write_j=5.74e-12,
        ),
        "board": Known(13.5e-12, 13e-12, 14e-12, "simulated system [second-hand]"),
    },
    "lpddr4x": {
        "device": Known(
            3.52e-12, 2.1e-12, 11.3e-12,
            f"currents in LLMServingSim's file, core only [computed], {STREAMED}; low: currents are limits [recalled]; "
            "high: its peak power over its bandwidth [computed]",
            write_j=3.36e-12,
        )
    },
    "lpddr5": {
        "device": Known(
            5e-12, 2.6e-12, 8.6e-12,
            "no source found; between LPDDR4X and HBM2E [assumption]; low: currents in LLMServingSim's file, core "
            "only, high: its peak power over its bandwidth [computed]",
        )
    },
    "lpddr5x": {"device": Known(5e-12, 2.6e-12, 8.6e-12, "no source found; as LPDDR5 [assumption]")},
    "gddr5": {
        "device": Known(
            14e-12, 10e-12, 18e-12, "O'Connor et al., MICRO 2017 [stated]; ends: 30 % [assumption]"
        )
    },
    "gddr6": {
        "device": Known(
            7.5e-12, 5.5e-12, 8.4e-12,
            "Micron average device power [stated]; low: CENT's pins alone [stated]; high: CENT's commands and pins, "
            "writing [computed]",
        ),
        "interface": Known(
            8.24e-12, 6.24e-12, 9.1e-12, "the device, and CENT's circuits at the other end, 0.74 pJ/bit [computed]"
        ),
    },
    "gddr6x": {
        "device": Known(7.25e-12, 5.5e-12, 8.4e-12, "Micron average device power [stated]; ends: GDDR6 [assumption]"),
        "board": Known(21.2e-12, 15e-12, 28e-12, "measured on an RTX 3090 [second-hand]; ends: a third [assumption]"),
    },
    "hbm2": {
        "device": Known(
            3.92e-12, 1.68e-12, 7.0e-12,
            "O'Connor et al., MICRO 2017: 1.21 activation, 2.24 on die, 0.30 pins, the rest error correction [stated]; "
            "low: currents, core only [computed]; high: Jouppi 2021 [second-hand]",
        ),
        "board": Known(13.1e-12, 9e-12, 17e-12, "measured on an A100 [second-hand]; ends: a third [assumption]"),
    },
    "hbm2e": {
        "device": Known(
            6.0e-12, 4.3e-12, 6.0e-12, "Micron device average [stated]; low: SK hynix IEDM 2023 [second-hand]"
        ),
        "board": Known(13.1e-12, 9e-12, 17e-12, "measured on an A100 [second-hand]; ends: a third [assumption]"),
    },
    "hbm3": {
        "device": Known(
            4.05e-12, 3.2e-12, 6.0e-12,
            "hwcomponents, weak web sources [second-hand]; 3.59 from the parts in AttAcc's source [stated]; high: as "
            "HBM2E [assumption]",
        )
    },
    "hbm3e": {"device": Known(4.05e-12, 3.2e-12, 6.0e-12, "no source found; as HBM3 [assumption]")},
    "hbm4": {"device": Known(3.2e-12, 2.5e-12, 4.05e-12, "hwcomponents, weak web sources [second-hand]")},
}  # fmt: skip


def bit_energy(standard: str, level: Level = "device", where: str = "standard", *, write: bool = False) -> Figure:
    """Joule per bit moved, rows opened included.

    ConfigError names the field `where` if the standard is not known, or the level beside it if that is not.
    """
    key = standard.lower().replace("-", "")
    if key not in BIT_J:
        raise not_one_of(where, standard, BIT_J)
    known = BIT_J[key]
    if level not in known:
        raise not_one_of(where.removesuffix("standard") + "energy_level", level, known, f"figures of {standard}")
    found = known[level]
    origin: Literal["modelled", "assumed"] = "assumed" if "[assumption]" in found.source.split(";")[0] else "modelled"
    typical = found.write_j if write and found.write_j is not None else found.read_j
    return Figure(typical, f"{standard} at {level} level: {found.source}", origin, found.low_j, found.high_j)
