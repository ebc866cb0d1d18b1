"""The trend check: macros of a survey, each described by its row alone, predicted against published efficiency.

Rows are those of the UIUC benchmark of in-memory computing (Shanbhag and Roy, CICC 2022): per invocation, `N_ADC` dot
products of length `N` with inputs of `B_x` and weights of `B_w` bits, in `T_core`. A row says far less than a
description (no conductances, no voltages of reading, no data), so this asks whether the models follow nodes, memories
and domains, not whether they hit a chip. The survey counts one-bit operations; both sides are brought back to those
of the printed precision.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, final

import numpy as np
from scipy.stats import spearmanr

from bitline.costs.sram_cell import transistors
from bitline.engines.crossbar import Crossbar
from bitline.engines.digital_cim import DigitalCim
from bitline.errors import ConfigError, missing, unreadable
from bitline.hardware import Adc, Array, Cell, Chip, InputFormat, Technology, WeightFormat
from bitline.hardware.engine import Engine
from bitline.hardware.figure import Figure
from bitline.verbs.macro import macro

Domain: TypeAlias = Literal["digital", "charge", "bitline", "current"]
DOMAINS: dict[str, Domain] = {"DIMC": "digital", "QR": "charge", "QS": "bitline", "QS-QR": "bitline", "IS": "current"}
MEMORIES = {"reram": "reram", "pcm": "pcm", "mram": "mram", "4fgt": "flash", "t": "sram"}
AT_LEAST = {
    "TOPS/W": 0.0, "Tech (nm)": 0.0, "Supply V(V)": 0.0, "B_x": 0.0, "B_w": 0.0, "N_ADC": 1.0, "N": 1.0, "Year": 0.0,
}  # fmt: skip
"""Numbers that a row must have: no less than this, and more than nothing."""
REASONS = {"TOPS/W": "no efficiency"}
BEYOND = "beyond the nodes or supplies of the models"
"""Why a row is left out, where not for lack of the number of that name."""
COLUMNS = ("Paper Title", "Cell Type", "Compute Model", *AT_LEAST, "B_ADC", "alpha", "T_core(ns)")
SURVEY = "a survey of macros (CSV)"
STATIC_SIEMENS, STATIC_S = 20e-6, 1e-9
"""What a six-transistor cell conducts into a line that does not move: the low-power on-current of NeuroSim, about
400 uA/um [stated], of 0.1 um, halved by the transistor in series; and for how long at most [assumption]."""
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One operating point of the survey."""

    title: str
    year: int
    node_nm: float
    memory: str
    domain: Domain
    input_bits: float
    weight_bits: float
    published_ops_per_j: float
    """At the printed precision."""
    ours: Figure
    """Operations per joule at the same."""

    @property
    def factor(self) -> float:
        """Ours over the published value."""
        return float(self.ours.typical) / self.published_ops_per_j


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How the predictions of some points follow what was published."""

    name: str
    points: int
    rank_correlation: float
    """Spearman's, of one-bit operations per joule, so that precision does not make it; not a number for one point."""
    factors: tuple[float, ...]
    """Quantiles of ours over published, at `QUANTILES`."""
    within_envelope: int


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All points of a survey that could be described."""

    points: tuple[Point, ...]
    left_out: Mapping[str, int]
    """Rows that could not, by reason."""


def compare_survey(file: Path) -> Comparison:
    """Predict every row of a survey. Raises `DataError` or `ConfigError` for a file that holds none."""
    points, left_out = [], dict[str, int]()
    for row in _rows(file):
        try:
            reason = _reason(row)
            points += [] if reason else [_point(row)]
        except ConfigError:
            reason = BEYOND
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
    if not points:
        reasons = "; ".join(f"{count}: {reason}" for reason, count in left_out.items())
        raise unreadable(file, SURVEY, f"none of its rows could be described ({reasons}).")
    return Comparison(points=tuple(points), left_out=left_out)


def trends(points: Sequence[Point]) -> tuple[Trend, ...]:
    """Sum up all points, then by domain, then by memory, then by node."""
    groups: dict[str, list[Point]] = {"all": list(points)}
    for one in sorted(points, key=lambda one: (one.domain, one.memory)):
        groups.setdefault(f"domain {one.domain}", []).append(one)
    for one in sorted(points, key=lambda one: one.memory):
        groups.setdefault(f"memory {one.memory}", []).append(one)
    for one in sorted(points, key=lambda one: one.node_nm):
        groups.setdefault("node up to 16 nm" if one.node_nm <= 16 else f"node {_span(one.node_nm)}", []).append(one)
    return tuple(_trend(name, found) for name, found in groups.items())


def _trend(name: str, points: Sequence[Point]) -> Trend:
    published = [one.published_ops_per_j * one.input_bits * one.weight_bits for one in points]
    ours = [float(one.ours.typical) * one.input_bits * one.weight_bits for one in points]
    apart = len(set(published)) > 1 and len(set(ours)) > 1
    return Trend(
        name=name,
        points=len(points),
        rank_correlation=float(spearmanr(published, ours).statistic) if apart else math.nan,
        factors=tuple(float(one) for one in np.exp(np.quantile(np.log([one.factor for one in points]), QUANTILES))),
        within_envelope=sum(_inside(one) for one in points),
    )


def _inside(one: Point) -> bool:
    low = one.ours.typical if one.ours.low is None else one.ours.low
    high = one.ours.typical if one.ours.high is None else one.ours.high
    return bool(low <= one.published_ops_per_j <= high)


def _span(node_nm: float) -> str:
    return "22 to 28 nm" if node_nm <= 28 else "40 nm and above"


def _rows(file: Path) -> Iterable[Mapping[str, str]]:
    try:
        read = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines(), restval=""))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(file, SURVEY, f"{error}.") from error
    lacking = [name for name in COLUMNS if not read or name not in read[0]]
    if lacking:
        raise missing(lacking[0], "a column of that name in the survey", str(file))
    return read


def _reason(row: Mapping[str, str]) -> str:
    if row["Compute Model"] not in DOMAINS:
        return "no compute model: a processor, or not told"
    for name, least in AT_LEAST.items():
        value = _number(row[name])
        if value is None or value <= 0 or value < least:
            return REASONS.get(name, f"no {name}")
    return ""


def _point(row: Mapping[str, str]) -> Point:
    domain = DOMAINS[row["Compute Model"]]
    handled_x, handled_w = _given(row, "B_x"), _given(row, "B_w")
    # Operand widths: what an invocation handles, times the invocations of one multi-bit product.
    input_bits = handled_x * (_number(row["alpha"]) or 1.0)
    chip = _chip(row, domain)
    return Point(
        title=row["Paper Title"], year=int(_given(row, "Year")), node_nm=chip.technology.node_nm, memory=_memory(row),
        domain=domain, input_bits=input_bits, weight_bits=handled_w,
        published_ops_per_j=_given(row, "TOPS/W") * 1e12 / (input_bits * handled_w),
        ours=_per_j(chip, handled_w, handled_x / input_bits),
    )  # fmt: skip


def _per_j(chip: Chip, weight_bits: float, share: float) -> Figure:
    """Give operations per joule: cells and wordlines are as many times there as a weight has bits."""
    one = macro(chip)
    times = {"cells": math.ceil(weight_bits), "dac": math.ceil(weight_bits)} if "adc" in one.energy_j else {}
    energy = {part: figure.times(times.get(part, 1)) for part, figure in one.energy_j.items()}
    low, typical, high = (sum(_end(figure, end) for figure in energy.values()) for end in ("low", "typical", "high"))
    ops = one.ops * share
    return Figure(ops / typical, "the row of the survey", "modelled", ops / high, ops / low)


def _end(figure: Figure, end: str) -> float:
    value = getattr(figure, end)
    return float(figure.typical if value is None else value)


def _chip(row: Mapping[str, str], domain: Domain) -> Chip:
    technology = Technology(node_nm=_given(row, "Tech (nm)"), supply_v=_given(row, "Supply V(V)"))
    engine = _digital(row) if domain == "digital" else _analog(row, domain)
    return Chip(name=row["Paper Title"], technology=technology, engines={"macro": engine}, placement=())


def _digital(row: Mapping[str, str]) -> Engine:
    bits = math.ceil(_given(row, "B_w"))
    return DigitalCim(
        rows=int(_given(row, "N")), columns=int(_given(row, "N_ADC")) * bits, clock_hz=1.0 / _period_s(row),
        weight=WeightFormat(bits=bits), input=_input(row),
    )  # fmt: skip


def _analog(row: Mapping[str, str], domain: Domain) -> Engine:
    rows, outputs = int(_given(row, "N")), int(_given(row, "N_ADC"))
    bits = math.ceil(_given(row, "B_w"))
    memory = _memory(row)
    name = memory if memory != "sram" else f"sram-{transistors(row['Cell Type'])}t{'1c' if domain == 'charge' else ''}"
    static = domain == "current" and memory == "sram"
    period_s = min(_period_s(row), STATIC_S) if static else _period_s(row)
    cell = Cell(
        technology="sram-8t1c" if domain == "charge" and memory == "sram" else name, bits=bits,
        summation="charge" if domain == "charge" else "current",
        g_max_siemens=STATIC_SIEMENS if static else None,
        read_voltage_v=_given(row, "Supply V(V)") if static else None,
    )  # fmt: skip
    # Where charge is not shared between capacitors, several input bits are told by the length of a pulse.
    form = _input(row)
    form = form if domain == "charge" else replace(form, coding="time")
    units = (1 << form.bits_per_pulse) - 1 if form.coding == "time" else 1
    return Crossbar(
        cell=cell, array=Array(rows=rows, columns=outputs, read_s=period_s / units), weight=WeightFormat(bits=bits),
        input=form,
        adc=Adc(kind="sar", bits=max(1, math.ceil(_number(row["B_ADC"]) or 1)), per_array=outputs),
    )  # fmt: skip


def _input(row: Mapping[str, str]) -> InputFormat:
    bits = max(1, math.ceil(_given(row, "B_x")))
    return InputFormat(bits=bits, bits_per_pulse=bits, signed="unsigned")


def _period_s(row: Mapping[str, str]) -> float:
    return (_number(row["T_core(ns)"]) or 10.0) * 1e-9


def _memory(row: Mapping[str, str]) -> str:
    told = row["Cell Type"].lower()
    return next((memory for part, memory in MEMORIES.items() if part in told), "sram")


def _given(row: Mapping[str, str], name: str) -> float:
    value = _number(row[name])
    assert value is not None
    return value


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
