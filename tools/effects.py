"""The effects that are tabulated, each at several levels, and the chips that show them one at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, final

from bitline.engines import engine_kinds
from bitline.hardware import Chip, parse_chip


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One effect at several levels: a chip for each level, or one chip at several ages in seconds."""

    title: str
    column: str
    levels: tuple[float | str, ...]
    chip: Callable[..., Chip]
    """Of a level; of nothing where levels are ages."""
    setting: str
    """What the chip is besides the effect, in words."""
    seeds: tuple[int, ...] = (0, 1, 2)
    calibrated: bool = False
    ages: bool = False


def chip_of(name: str, **weights: Any) -> Chip:
    """Give a chip whose crossbars hold every weight matrix, head included; the rest is digital and exact."""
    engines = {"weights": {"kind": "crossbar", "hierarchy": {"tiles": 100_000}, **weights}}
    engines["functions"] = {"kind": "vector", "lanes": 64, "clock_hz": 5e8, "bits": 32}
    placement = [
        {"operators": ["q", "k", "v", "out", "gate", "up", "down", "lm_head"], "engine": "weights"},
        {"operators": ["*"], "engine": "functions"},
    ]
    document = {"name": name, "technology": {"node_nm": 22}, "engines": engines, "placement": placement}
    return parse_chip(document, engine_kinds())


PAIRS: dict[str, Any] = {
    "weight": {"bits": 8, "encoding": "differential"},
    "input": {"bits": 8, "bits_per_pulse": 7, "signed": "bipolar"},
    "array": {"rows": 256, "columns": 256},
}
"""Differential pairs of analog cells, one pulse of seven bits and a sign."""
SLICES: dict[str, Any] = {
    "weight": {"bits": 8, "encoding": "offset"},
    "input": {"bits": 8, "bits_per_pulse": 1},
    "array": {"rows": 128, "columns": 128},
}
"""Four cells of two bits, eight pulses of one bit."""
PLAIN_PAIR = {"technology": "pcm", "bits": 7, "g_max_siemens": 2.5e-5}
PLAIN_SLICE = {"technology": "reram", "bits": 2, "g_max_siemens": 4e-5}


def _noisy_cells(sigma: float) -> Chip:
    noise = {"programming_noise": {"sigma_fraction": sigma}} if sigma else {}
    return chip_of("noisy-cells", **PAIRS, cell=PLAIN_PAIR | noise)


def _converters(bits: float, parts: Mapping[str, Any], cell: Mapping[str, Any]) -> Chip:
    adc = {"bits": int(bits), "range": "calibrated", "scope": "slice", "statistic": "mse"}
    return chip_of("coarse-converters", **parts, cell=cell, adc=adc)


def _drifting(cell: str, drift: str) -> Chip:
    return chip_of(f"{cell}-{drift}", **PAIRS, cell={"use": cell}, correction={"drift": drift})


def _resistive(ohm: float) -> Chip:
    return chip_of(
        "resistive-wires",
        **PAIRS | {"array": {"rows": 128, "columns": 128, "wire_resistance_ohm": ohm}},
        cell=PLAIN_PAIR | {"on_off_ratio": 100.0},
    )


_CELLS = {"programming_noise": {"sigma_fraction": 0.01}, "read_noise": {"sigma_fraction": 0.005}}
CHIPS: Mapping[str, Mapping[str, Any]] = {
    "unit-range": SLICES | {"cell": PLAIN_SLICE | {"on_off_ratio": 40.0} | _CELLS, "adc": {"bits": 8, "range": "unit"}},
    "pcm": PAIRS | {"cell": {"use": "pcm-joshi"}, "adc": {"bits": 8, "range": "calibrated", "scope": "slice"}},
    "sliced": SLICES
    | {"weight": {"bits": 8, "encoding": "differential"}}
    | {"cell": PLAIN_SLICE | _CELLS, "adc": {"bits": 7, "range": "calibrated", "scope": "slice"}},
}
"""Chips on which plan `statistical` answers to `exact`: the default chip's arrays, offset codes under one code per unit
sum; analog pairs of phase-change cells between 8-bit drivers and converters; differential slices under calibrated 7-bit
converters. Cells of both sliced chips stray by 1 % of their range when written and by 0.5 % at every read."""

HOUR, DAY = 3600.0, 86400.0
AGES = (0.0, HOUR, DAY, 30 * DAY, 365 * DAY)
_PAIRS_SAY = "differential pairs of analog cells, 8-bit weights and inputs, one pulse an input, ideal converters"

EFFECTS: Mapping[str, Effect] = {
    "cell_noise": Effect(
        title="Programming error of cells",
        column="standard deviation of a cell, share of its range",
        levels=(0.0, 0.01, 0.02, 0.04, 0.08),
        chip=_noisy_cells,
        setting=_PAIRS_SAY,
    ),
    **{
        f"adc_bits_{encoding}": Effect(
            title=f"Converter bits, sliced weights, {words}",
            column="bits",
            levels=(9, 8, 7, 6, 5, 4),
            chip=partial(_converters, parts=SLICES | {"weight": {"bits": 8, "encoding": encoding}}, cell=PLAIN_SLICE),
            setting="2-bit ideal cells, eight 1-bit pulses, 128 rows; ranges of least error for each digit of a matrix",
            seeds=(0,),
            calibrated=True,
        )
        for encoding, words in (("offset", "offset codes"), ("differential", "differential pairs"))
    },
    "adc_bits_analog": Effect(
        title="Converter bits, analog weights",
        column="bits",
        levels=(9, 8, 7, 6, 5, 4),
        chip=partial(_converters, parts=PAIRS, cell=PLAIN_PAIR),
        setting="differential pairs of ideal analog cells, 8-bit drivers, 256 rows; ranges of least error",
        seeds=(0,),
        calibrated=True,
    ),
    **{
        f"drift_{cell.removeprefix('pcm-')}_{drift}": Effect(
            title=f"Drift of {cell}, " + ("left alone" if drift == "none" else "one factor a matrix against it"),
            column="seconds since programming",
            levels=AGES,
            chip=partial(_drifting, cell, drift),
            setting=f"one programmed model at every age; {_PAIRS_SAY}",
            ages=True,
        )
        for cell in ("pcm-joshi", "pcm-hermes")
        for drift in ("none", "global")
    },
    "wire_ohm": Effect(
        title="Resistance of wires",
        column="ohm per cell pitch",
        levels=(0.0, 0.1, 0.35, 1.0, 3.0),
        chip=_resistive,
        setting=f"128 x 128 cells of 25 uS and on/off ratio 100, wires folded by the coarse method; {_PAIRS_SAY}",
        seeds=(0,),
    ),
}
