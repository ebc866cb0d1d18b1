"""One example engine of every kind, found beside this file: a kind without one fails the contract tests."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from bitline.engines import engine_kinds
from bitline.hardware import Chip, Dram, DramEnergy, DramTiming, Engine, Memory, Technology
from bitline.operators import Gather, MatMul, Route, Vector

EXAMPLES = Path(__file__).parent / "examples"
BANKS = Dram(
    row_bytes=1024, burst_bytes=32, bank_groups=4, banks_per_group=4, channels=4,
    timing=DramTiming(
        trcd_s=14e-9, trp_s=14e-9, tras_s=34e-9, burst_s=2e-9, tccd_long_s=2e-9, trrd_long_s=6e-9, tfaw_s=30e-9,
        trefi_s=3.9e-6, trfc_s=260e-9,
    ),
    energy=DramEnergy(activation_j=0.9e-9, read_per_bit_j=2.7e-12),
)  # fmt: skip
"""What a memory looks like from the inside."""


def example(kind: str) -> Engine:
    """Load EXAMPLE of examples/KIND.py."""
    path = EXAMPLES / f"{kind}.py"
    if not path.is_file():
        pytest.fail(f"engine kind {kind!r} has no example: write {path.name} in tests/engines/examples")
    spec = importlib.util.spec_from_file_location(f"example_{kind}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Any = module.EXAMPLE
    assert found.kind == kind
    return found  # type: ignore[no-any-return]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", list(engine_kinds()))


@pytest.fixture
def engine(kind: str) -> Engine:
    """The example of the kind under test."""
    return example(kind)


@pytest.fixture
def chip() -> Chip:
    """A chip with the memories that examples name."""
    return Chip(
        name="example",
        technology=Technology(node_nm=22),
        engines={},
        placement=(),
        memories={
            "buffer": Memory(kind="sram", capacity_bytes=2**20),
            "main": Memory(kind="dram", capacity_bytes=2**33, bandwidth_bytes_per_s=4e11, standard="hbm2e"),
            "banks": Memory(kind="dram", capacity_bytes=2**32, standard="hbm2", dram=BANKS),
        },
    )


@pytest.fixture
def operators() -> tuple[Any, ...]:
    """One operator of each sort, sized like a small model."""
    return (
        MatMul(name="q", role="q", vectors=96, k=300, n=200),
        MatMul(name="experts", role="up", vectors=192, k=100, n=130, matrices=6.5, held=8),
        MatMul(name="scores", role="scores", vectors=384, k=64, n=100, stationary="cache", matrices=4, held=4,
               masked_fraction=0.4),
        Vector(name="softmax", role="softmax", function="softmax", elements=38400, rows=384),
        Gather(name="embedding", role="embedding", elements=19200, held=10**6, width=200),
        Gather(name="kv_write", role="kv_write", elements=4096),
        Route(name="route", role="route", rows=96, experts=8, chosen=2),
    )  # fmt: skip
