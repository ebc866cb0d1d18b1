"""What an engine of arrays does at most: full rows and columns in every array, vector after vector."""

from __future__ import annotations

from bitline.engines.crossbar import Crossbar
from bitline.errors import wrong_type
from bitline.hardware import Chip
from bitline.operators import MatMul
from bitline.timeline.prices import SHARED, prices


def peak_ops_per_s(*, chip: Chip, engine: str, ops_per_mac: int = 2) -> float:
    """Operations per second; some publications count a multiply-accumulate as one."""
    _crossbar(chip, engine)
    return float(ops_per_mac * prices(chip).peak_macs_per_s[engine])


def peak_ops_per_j(*, chip: Chip, engine: str, ops_per_mac: int = 2) -> float:
    """Operations per joule of the engine's own parts, their standing power included; memories are not counted."""
    return _peak_ops_per_j(chip, engine, ops_per_mac, whole=False)


def chip_ops_per_j(*, chip: Chip, engine: str, ops_per_mac: int = 2) -> float:
    """Operations per joule of the engine and its memories, the standing power of the whole chip included."""
    return _peak_ops_per_j(chip, engine, ops_per_mac, whole=True)


def peak_ops_per_s_m2(*, chip: Chip, engine: str, ops_per_mac: int = 2) -> float:
    """Operations per second and square metre of the engine; memories and other engines are not counted."""
    area_m2 = sum(part.area_m2.typical for part in prices(chip).standing.values() if part.engine == engine)
    return peak_ops_per_s(chip=chip, engine=engine, ops_per_mac=ops_per_mac) / area_m2


def chip_ops_per_s_m2(*, chip: Chip, engine: str, ops_per_mac: int = 2) -> float:
    """Operations per second and square metre of the whole chip."""
    return peak_ops_per_s(chip=chip, engine=engine, ops_per_mac=ops_per_mac) / prices(chip).area_m2


def chip_area_m2(*, chip: Chip) -> float:
    """Silicon of the whole chip."""
    return prices(chip).area_m2


def _peak_ops_per_j(chip: Chip, engine: str, ops_per_mac: int, *, whole: bool) -> float:
    crossbar, known = _crossbar(chip, engine), prices(chip)
    units = crossbar.units
    full = MatMul(
        name="full", role="full", vectors=units, k=crossbar.array.rows, n=crossbar.outputs_per_array,
        matrices=units, held=units, stationary="weight" if crossbar.held == "weights" else "cache",
    )  # fmt: skip
    vector_s = float(full.macs) / known.peak_macs_per_s[engine]
    used = {part: use for part, use in crossbar.work(full).stream.items() if whole or not part.startswith(SHARED)}
    used_j = sum(known.uses[engine][part].energy_j * float(use.total) for part, use in used.items())
    leakage_w = sum(part.leakage_w.typical for part in known.standing.values() if whole or part.engine == engine)
    return ops_per_mac * float(full.macs) / (used_j + leakage_w * vector_s)


def _crossbar(chip: Chip, engine: str) -> Crossbar:
    found = chip.engines.get(engine)
    if not isinstance(found, Crossbar):
        raise wrong_type("engine", engine, "the name of a crossbar engine", chip.name)
    return found
