"""Which fields of a memory can stand together: none is ever ignored."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bitline.errors import contradicts
from bitline.hardware.document import Path, Problem, dotted
from bitline.hardware.memory import Memory


def memory_problems(path: Path, memory: Memory) -> Iterator[Problem]:
    """Check that what a memory says of its inside is about what it is, and counts."""
    for name, inside in (("dram", memory.dram), ("flash", memory.flash)):
        if inside is not None and memory.kind != name:
            yield _contradiction((*path, name), (*path, "kind"), f"the memory is of kind {memory.kind}")
    stated = [name for name in ("read_energy_per_bit_j", "write_energy_per_bit_j") if getattr(memory, name) is not None]
    counts = memory.stated_level in (None, memory.energy_level)
    if memory.dram is not None and memory.dram.row_hit_fraction is not None and stated and counts:
        why = "the stated energy has the opening of rows in it"
        yield _contradiction((*path, "dram", "row_hit_fraction"), (*path, stated[0]), why)


def _contradiction(path: Path, other: Path, why: str) -> Problem:
    return Problem(path=path, sentence=partial(contradicts, other=dotted(other), why=why))
