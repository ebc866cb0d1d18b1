"""A toy engine whose counts can be told by heart: tiles of 4 x 4 weights, one use of `unit` per vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from bitline.hardware import Chip, Floating, Memory, Rule, Schedule, Technology
from bitline.hardware.engine import Engine, Part, Use, Work
from bitline.hardware.figure import Figure
from bitline.operators import Block, Gather, MatMul, Workload

SIDE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy(Engine):
    kind: ClassVar[str] = "toy"
    units: int = 0
    resident: bool = False
    memory: str | None = None
    refuses: str = ""
    """A role that it does not run."""
    bits: int = 8

    def runs(self, operator):
        return operator.role != self.refuses

    def claim(self, operator):
        return np.ceil(operator.k / SIDE) * np.ceil(operator.n / SIDE)

    def work(self, operator, copies=1):
        count = operator.vectors if isinstance(operator, MatMul) else operator.elements
        return Work(stream={"unit": Use(total=count, serial=np.ceil(count / copies))})

    def rewrite(self, operator):
        return Work(stream={"write": Use(total=operator.k * operator.n, serial=operator.k)})

    def parts(self, chip):
        one = Figure(1.0, "toy")
        return (Part(name="unit", energy_j=one, latency_s=one), Part(name="write", energy_j=one, latency_s=one))

    def arithmetic(self):
        return Floating(bits=self.bits)

    def peak_macs_per_s(self, chip):
        return float(self.units * SIDE * SIDE)


@pytest.fixture
def toy():
    """The class of the toy engine."""
    return Toy


@pytest.fixture
def chip_of():
    """Make a chip of toy engines: `*` runs on the first unless rules are given."""

    def make(engines, rules=None, **schedule):
        placement = rules or (Rule(operators=("*",), engine=next(iter(engines))),)
        return Chip(
            name="toy",
            technology=Technology(node_nm=22),
            engines=engines,
            placement=placement,
            memories={"dram": Memory(kind="dram", capacity_bytes=1000.0, standard="lpddr4", bandwidth_bytes_per_s=1e9)},
            schedule=Schedule(**schedule),
        )

    return make


def linear(name, k=SIDE, n=SIDE, **more):
    return MatMul(**({"name": name, "role": name, "vectors": 8, "k": k, "n": n} | more))


@pytest.fixture
def stack():
    """Make a workload: an embedding, `layers` of the given operators, a head."""

    def make(operators, layers=3, shared=False, head=True, table=0, width=0):
        blocks = [Block(name="layers", operators=tuple(operators), repeat=layers, shared=shared)]
        if table:
            row = Gather(name="embedding", role="embedding", elements=8, held=table, width=width)
            blocks.insert(0, Block(name="embedding", operators=(row,)))
        if head:
            blocks.append(Block(name="head", operators=(linear("lm_head", tied="embedding" if table else ""),)))
        return Workload(name="stack", blocks=tuple(blocks), tokens=8, batch=1, context=8)

    return make
