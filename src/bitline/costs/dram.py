"""DRAM as main memory: joule per bit by standard and by level.

Three levels that must not be mixed: `device` (the part alone), `interface` (pins and their drivers too) and
`board` (measured at the board, controllers included). Where a level is not known for a standard, the next lower
known one is used and the source says so.
"""

from __future__ import annotations

from typing import Literal

from bitline.errors import not_one_of
from bitline.hardware.figure import Figure

Level = Literal["device", "interface", "board"]
LEVELS: tuple[Level, ...] = ("device", "interface", "board")
BIT_J: dict[str, dict[Level, tuple[float, float, float, str]]] = {  # typical, low, high, source
    "ddr3": {"board": (70e-12, 35e-12, 70e-12, "old accelerator papers, weak [stated]")},
    "ddr4": {
        "device": (5.6e-12, 4.5e-12, 6.0e-12, "data-sheet currents, activation of whole pages included [computed]"),
        "interface": (11.85e-12, 8e-12, 15e-12, "taken as DDR5 [assumption]"),
    },
    "ddr5": {"device": (11.85e-12, 6e-12, 15e-12, "simulated device, gem5 and DRAMsim3 [second-hand]")},
    "lpddr3": {"interface": (3.7e-12, 3.7e-12, 10e-12, "pins alone [second-hand]")},
    "lpddr4": {
        "device": (6.1e-12, 5.6e-12, 8e-12, "data-sheet currents [computed]; high: hwcomponents [second-hand]"),
        "board": (13.5e-12, 13e-12, 14e-12, "simulated system [second-hand]"),
    },
    "lpddr5": {"device": (5e-12, 4e-12, 6e-12, "no source found; between LPDDR4X and HBM2E [assumption]")},
    "lpddr5x": {"device": (5e-12, 4e-12, 6e-12, "no source found; as LPDDR5 [assumption]")},
    "gddr5": {"device": (14e-12, 14e-12, 14e-12, "O'Connor et al., MICRO 2017 [stated]")},
    "gddr6": {"device": (7.5e-12, 5.5e-12, 7.5e-12, "Micron average device power; low: CENT pins [stated]")},
    "gddr6x": {
        "device": (7.25e-12, 7.25e-12, 7.25e-12, "Micron average device power [stated]"),
        "board": (21.2e-12, 21.2e-12, 21.2e-12, "measured on an RTX 3090 [second-hand]"),
    },
    "hbm2": {
        "device": (
            3.92e-12,
            3.75e-12,
            7.0e-12,
            "O'Connor et al., MICRO 2017 [stated]; high: Jouppi 2021 [second-hand]",
        ),
        "board": (13.1e-12, 13.1e-12, 13.1e-12, "measured on an A100 [second-hand]"),
    },
    "hbm2e": {
        "device": (6.0e-12, 4.3e-12, 6.0e-12, "Micron device average [stated]; low: SK hynix IEDM 2023 [second-hand]"),
        "board": (13.1e-12, 13.1e-12, 13.1e-12, "measured on an A100 [second-hand]"),
    },
    "hbm3": {"device": (4.05e-12, 3.2e-12, 6.0e-12, "hwcomponents, weak web sources [second-hand]")},
    "hbm3e": {"device": (4.05e-12, 3.2e-12, 6.0e-12, "no source found; as HBM3 [assumption]")},
}


def bit_energy(standard: str, level: Level = "device", where: str = "standard") -> Figure:
    """Joule per bit moved; ConfigError names the field `where` if the standard is not known."""
    key = standard.lower().replace("-", "")
    if key not in BIT_J:
        raise not_one_of(where, standard, BIT_J)
    known = BIT_J[key]
    below = [name for name in LEVELS[: LEVELS.index(level) + 1] if name in known]
    found = below[-1] if below else next(iter(known))
    typical, low, high, source = known[found]
    note = "" if found == level else f" (no {level} figure known)"
    origin: Literal["modelled", "assumed"] = "assumed" if "[assumption]" in source else "modelled"
    return Figure(typical, f"{standard} at {found} level{note}: {source}", origin, low, high)
