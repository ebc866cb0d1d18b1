"""What must hold between fields, once each of them is in its range. One check per sentence of the description."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

from bitline.errors import above_other, missing, not_one_of, wrong_type
from bitline.hardware.array import Array, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.cell_combinations import cell_problems
from bitline.hardware.chip import Chip
from bitline.hardware.combinations import analog_problems, integer_problems
from bitline.hardware.converter import Adc
from bitline.hardware.converter_combinations import converter_problems, entries_problems
from bitline.hardware.correction import Correction
from bitline.hardware.correction_combinations import correction_problems
from bitline.hardware.document import Path, Problem, dotted
from bitline.hardware.library import technologies
from bitline.hardware.memory_combinations import memory_problems
from bitline.hardware.operand_combinations import operand_problems
from bitline.hardware.wire_combinations import wire_problems

MEMORY_FIELDS = ("memory", "activations")
"""Fields of an engine that name a memory of the chip."""
OUTSIDE = "host"
"""What a link may end at besides engines and memories."""


def problems(chip: Chip) -> tuple[Problem, ...]:
    """Say everything that does not fit together."""
    blocks = tuple(_blocks(chip, ()))
    inside = (found for path, block in blocks for found in _block_problems(path, block))
    return (*_names(chip), *inside, *_placement(chip), *_memories(chip), *_links(chip), *_provenance(chip))


def _names(chip: Chip) -> Iterator[Problem]:
    if not chip.engines:
        yield Problem(path=("engines",), sentence=partial(missing, expected="at least one engine"))
    for section, names in (("engines", chip.engines), ("memories", chip.memories)):
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_-]+", name) or name == OUTSIDE:
                expected = f"a name of letters, digits, - and _ (and not {OUTSIDE!r})"
                yield Problem(path=(section, name), sentence=partial(wrong_type, value=name, expected=expected))


def _placement(chip: Chip) -> Iterator[Problem]:
    if not chip.placement:
        yield Problem(path=("placement",), sentence=partial(missing, expected="at least one rule"))
    for i, rule in enumerate(chip.placement):
        if rule.engine not in chip.engines:
            sentence = partial(not_one_of, value=rule.engine, allowed=list(chip.engines))
            yield Problem(path=("placement", i, "engine"), sentence=sentence)
        elif rule.most_vectors is not None and chip.engines[rule.engine].resident:
            expected = f"nothing here: weights stay on engine {rule.engine!r}, whatever meets them"
            yield Problem(
                path=("placement", i, "most_vectors"),
                sentence=partial(wrong_type, value=rule.most_vectors, expected=expected),
            )
        for name, share in rule.beside_fraction.items():
            if name not in chip.engines or name == rule.engine:
                others = [engine for engine in chip.engines if engine != rule.engine]
                sentence = partial(not_one_of, value=name, allowed=others)
                yield Problem(path=("placement", i, "beside_fraction", name), sentence=sentence)
            elif not share < 1 or sum(rule.beside_fraction.values()) >= 1:
                sentence = partial(wrong_type, value=share, expected="a share that leaves some to the engine (below 1)")
                yield Problem(path=("placement", i, "beside_fraction", name), sentence=sentence)
        if not rule.operators:
            yield Problem(path=("placement", i, "operators"), sentence=partial(missing, expected="at least one role"))


def _memories(chip: Chip) -> Iterator[Problem]:
    for name, engine in chip.engines.items():
        for field in MEMORY_FIELDS:
            memory = getattr(engine, field, None)
            if memory is not None and memory not in chip.memories:
                sentence = partial(not_one_of, value=memory, allowed=list(chip.memories))
                yield Problem(path=("engines", name, field), sentence=sentence)
    for name, described in chip.memories.items():
        yield from memory_problems(("memories", name), described)


def _links(chip: Chip) -> Iterator[Problem]:
    allowed = [*chip.engines, *chip.memories, OUTSIDE]
    for i, link in enumerate(chip.links):
        for end, name in enumerate(link.between):
            if name not in allowed:
                sentence = partial(not_one_of, value=name, allowed=allowed)
                yield Problem(path=("links", i, "between", end), sentence=sentence)


def _provenance(chip: Chip) -> Iterator[Problem]:
    said = chip.provenance
    for section in ("sources", "assumptions", "fitted"):
        for name in getattr(said, section):
            yield from _named_path(chip, section, name)
    for name in said.conflicts:
        # A conflict may also be about a result, such as a speedup, which is no field.
        if name.split(".")[0] in {field.name for field in fields(Chip)}:
            yield from _named_path(chip, "conflicts", name)


def _named_path(chip: Chip, section: str, name: str) -> Iterator[Problem]:
    place: Any = chip
    steps = name.split(".")
    for i, step in enumerate(steps):
        below = dict(_steps(place))
        if step not in below:
            allowed = [dotted((*steps[:i], other)) for other in below]
            sentence = partial(not_one_of, value=name, allowed=allowed)
            yield Problem(path=("provenance", section, name), sentence=sentence, field=f"provenance.{section}")
            return
        place = below[step]


def _block_problems(path: Path, block: Any) -> Iterator[Problem]:
    """Check one block, and the blocks directly in it against each other."""
    array, adc = _inside(block, "array", Array), _inside(block, "adc", Adc)
    cell, weight = _inside(block, "cell", Cell), _inside(block, "weight", WeightFormat)
    if isinstance(block, Array) and block.active_rows is not None and block.active_rows > block.rows:
        yield _above((*path, "active_rows"), block.active_rows, (*path, "rows"), block.rows)
    if isinstance(block, Cell) and block.technology not in technologies():
        sentence = partial(not_one_of, value=block.technology, allowed=technologies())
        yield Problem(path=(*path, "technology"), sentence=sentence)
    if isinstance(block, Cell):
        yield from cell_problems(path, block)
    if isinstance(block, Adc):
        yield from converter_problems(path, block)
    if adc and weight and cell:
        yield from entries_problems((*path, "adc"), adc, len(weight.slices(cell.bits)))
        correction = _inside(block, "correction", Correction) or Correction()
        yield from correction_problems(path, correction, weight, cell, adc)
    if array and adc and adc.per_array > array.columns:
        yield _above((*path, "adc", "per_array"), adc.per_array, (*path, "array", "columns"), array.columns)
    peaks = getattr(block, "dense_macs_per_s", None)
    if isinstance(peaks, Mapping) and block.format not in peaks:
        yield Problem(path=(*path, "format"), sentence=partial(not_one_of, value=block.format, allowed=list(peaks)))
    if cell and weight and cell.bits > weight.bits:
        yield _above((*path, "cell", "bits"), cell.bits, (*path, "weight", "bits"), weight.bits)
    inputs = _inside(block, "input", InputFormat)
    if array and weight and inputs and cell:
        yield from wire_problems(path, array, weight, inputs, cell)
    if getattr(block, "held", getattr(block, "holds", None)) in ("operands", "cache"):
        yield from operand_problems(path, block)
    if weight and inputs:
        sums_on_bitlines = cell and adc
        yield from (
            analog_problems(path, weight, inputs, cell) if sums_on_bitlines else integer_problems(path, weight, inputs)
        )


def _above(path: Path, value: float, other: Path, limit: float) -> Problem:
    return Problem(path=path, sentence=partial(above_other, value=value, other=dotted(other), limit=limit))


def _inside(block: Any, name: str, kind: type) -> Any:
    found = getattr(block, name, None) if is_dataclass(block) else None
    return found if isinstance(found, kind) else None


def _blocks(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if is_dataclass(value):
        yield path, value
    for step, below in _steps(value):
        yield from _blocks(below, (*path, int(step) if isinstance(value, tuple) else step))


def _steps(value: Any) -> Iterator[tuple[str, Any]]:
    """Give what is one step below a value, by the word a path uses for it."""
    if is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from ((str(i), item) for i, item in enumerate(value))
