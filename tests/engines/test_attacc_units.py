"""AttAcc's units at banks, bank groups and on the buffer die: counts by hand, bandwidths from commands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.engines.dram_pim import DramPim
from bitline.engines.kinds import engine_kinds
from bitline.errors import ConfigError
from bitline.hardware.reading import parse_chip
from bitline.operators import MatMul

LEVELS = ("bank", "bankgroup", "buffer")
CHIP = parse_chip(
    {
        "name": "c",
        "technology": {"node_nm": 7},
        "engines": {
            level: {"kind": "dram_pim", "use": f"attacc-{level}", "memory": "hbm", "stacks": 5} for level in LEVELS
        },
        "memories": {"hbm": {"use": "hbm3", "count": 5, "capacity_bytes": 1.6e10, "bandwidth_bytes_per_s": 6.704e11}},
        "placement": [{"operators": ["*"], "engine": "bank"}],
    },
    engine_kinds(),
)
ATTACC = {name: engine for name, engine in CHIP.engines.items() if isinstance(engine, DramPim)}


def cached(role: str, *, heads: int, requests: int, context: int, dim: int = 128) -> MatMul:
    matrices = heads * requests
    k, n = (dim, context) if role == "scores" else (context, dim)
    return MatMul(
        name=role, role=role, vectors=matrices, k=k, n=n, matrices=matrices, held=matrices, per_request=heads,
        stationary="cache",
    )  # fmt: skip


def seconds(found: DramPim, operator: MatMul) -> float:
    priced = {one.name: one.latency_s.typical for one in found.parts(CHIP)}
    return float(sum(use.serial * priced[name] for name, use in found.work(operator).setup.items()))


def test_levels_of_attacc_multiply_the_bandwidth_by_their_commands_alone() -> None:
    # As many rows as its front end's factors (bank 9, bank group 3, buffer 1) would be seen on, sums left aside.
    operator = MatMul(name="w", role="up", vectors=1, k=512 * 5 * 4, n=32 * 32 * 16)
    for level, least, most in (("bank", 8.5, 9.0), ("bankgroup", 2.4, 2.7), ("buffer", 0.95, 1.0)):
        plain_s = operator.macs * 2 / (160 * 32 / 1.538e-9)
        found = replace(ATTACC[level], result_bursts=1)
        assert least < plain_s / seconds(found, operator) < most


@given(heads=st.integers(1, 40), requests=st.integers(1, 8), context=st.integers(1, 4096))
def test_heads_dealt_over_stacks_wait_for_the_fullest_one(heads: int, requests: int, context: int) -> None:
    bank = ATTACC["bank"]
    for role in ("scores", "context"):
        one = bank.work(cached(role, heads=1, requests=1, context=context)).setup
        many = bank.work(cached(role, heads=heads, requests=requests, context=context)).setup
        for name in ("buffer", "vector", "row", "column", "result"):
            assert many[name].total == heads * requests * one[name].total
            assert many[name].serial == -(-heads * requests // 5) * one[name].serial


def test_tokens_of_a_head_lie_over_all_channels_of_its_stack() -> None:
    # By hand: 2112 tokens on 32 channels are 66, three to a bank, of eight columns each, in one row.
    setup = ATTACC["bank"].work(cached("scores", heads=1, requests=1, context=2112)).setup
    assert [setup[name].serial for name in ("buffer", "vector", "row", "column", "result")] == [1, 8, 1, 24, 3]
    # Of 128 dimensions four to a bank, 66 tokens each in five columns of the same row.
    setup = ATTACC["bank"].work(cached("context", heads=1, requests=1, context=2112)).setup
    assert [setup[name].serial for name in ("buffer", "vector", "row", "column", "result")] == [1, 5, 1, 20, 4]
    assert setup["column"].total == 32 * 20


def test_sums_of_a_bank_at_a_time_wait_longer_than_those_of_all_at_once() -> None:
    bank = ATTACC["bank"]
    waits = [
        next(p.latency_s.typical for p in found.parts(CHIP) if p.name == "result")
        for found in (bank, replace(bank, result_bursts=None))
    ]
    # 32 banks of 16 bits are two bursts of 32 bytes.
    assert waits[0] - waits[1] == pytest.approx(62 * 1.538e-9)


def test_weights_are_cut_by_inputs_over_stacks() -> None:
    # 12288 inputs are five times 2458: five chunks; 5530 outputs are 173 for each bank of a channel, six to a channel.
    setup = ATTACC["bank"].work(MatMul(name="w", role="up", vectors=1, k=12288, n=5530)).setup
    assert (setup["row"].serial, setup["row"].total) == (30, 5 * 173 * 5)
    assert setup["column"].serial == 6 * (4 * 32 + 26)
    assert setup["column"].total * 512 >= 12288 * 5530


def test_stacks_that_do_not_divide_the_channels_are_refused() -> None:
    with pytest.raises(ConfigError, match="stacks contradicts channels"):
        replace(ATTACC["bank"], stacks=7).parts(CHIP)


def test_bits_cost_what_is_stated_from_row_buffers_on() -> None:
    column_j = {
        level: next(p.energy_j.typical for p in found.parts(CHIP) if p.name == "column")
        for level, found in ATTACC.items()
    }
    # O'Connor et al.: cells, bank group, global wires and vias; 32 bytes of each of 32 banks.
    for level, per_bit_j in (("bank", 0.44e-12), ("bankgroup", 1.45e-12), ("buffer", 3.18e-12)):
        assert column_j[level] == pytest.approx(per_bit_j * 8192, rel=1e-3)
