"""Rows of cells that compute: shares of banks dealt out one by one, rounds and waits by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs.bit_serial import product_rows
from bitline.engines.bank_sharing import Banks
from bitline.engines.dram_bit_serial import DramBitSerial
from bitline.errors import ConfigError
from bitline.hardware import Chip, Dram, DramEnergy, DramTiming, Memory, Technology
from bitline.hardware.engine import Part
from bitline.operators import MatMul

TIMING = DramTiming(trcd_s=14e-9, trp_s=13e-9, tras_s=34e-9, tccd_long_s=2e-9)
ENERGY = DramEnergy(activation_j=1e-9, read_per_bit_j=2.68e-12)
INSIDE = Dram(row_bytes=1024, burst_bytes=32, banks_per_group=16, timing=TIMING, energy=ENERGY)
CELLS = DramBitSerial(memory="hbm", banks=64, stacks=2, row_bytes=1024, adder_bits=1024, ring_bytes_per_s=16e9)
LANES = 8192


def chip(inside: Dram | None = INSIDE) -> Chip:
    memory = Memory(kind="dram", capacity_bytes=8e9, bandwidth_bytes_per_s=2.56e11, standard="hbm2", dram=inside)
    return Chip(
        name="stacks", technology=Technology(node_nm=22), engines={"cells": CELLS}, memories={"hbm": memory},
        placement=(),
    )  # fmt: skip


def weights(k: int, n: int, vectors: int) -> MatMul:
    return MatMul(name="w", role="up", vectors=vectors, k=k, n=n)


def scores(requests: int, heads: int, tokens: int, keys: int, width: int) -> MatMul:
    return MatMul(
        name="scores", role="scores", vectors=requests * heads * tokens, k=width, n=keys, stationary="cache",
        matrices=requests * heads, held=requests * heads, per_request=heads,
    )  # fmt: skip


def serial(engine: DramBitSerial, operator: MatMul, part: str) -> float:
    return float(engine.work(operator).setup[part].serial)


def priced(engine: DramBitSerial) -> dict[str, Part]:
    return {part.name: part for part in engine.parts(chip())}


def test_a_round_multiplies_and_reads_its_products_into_the_trees() -> None:
    one = weights(128, 64, vectors=64)
    assert serial(CELLS, one, "rows") == 663 + 16
    assert serial(CELLS, one, "columns") == 16 * LANES
    part = priced(CELLS)
    assert part["rows"].latency_s.typical == pytest.approx(47e-9)
    assert part["columns"].latency_s.typical * 16 * LANES == pytest.approx(16 * 8 * 2e-9)
    assert part["rows"].energy_j.typical == 1e-9
    assert part["columns"].energy_j.typical == pytest.approx(0.44e-12)
    assert CELLS.work(one).setup["rows"].total == 64 * (663 + 16)


def test_subarrays_multiply_together_and_are_read_in_turn() -> None:
    many = replace(CELLS, subarrays=4)
    one = weights(128, 256, vectors=64)
    assert serial(many, one, "rows") == 663 + 4 * 16
    assert many.work(one).setup["rows"].total == 64 * 4 * (663 + 16)
    assert serial(many, one, "columns") == 16 * 4 * LANES


def test_without_trees_lanes_move_and_add_level_by_level() -> None:
    alone = replace(CELLS, adder_bits=None)
    one = weights(128, 64, vectors=64)
    # Seven levels of sums of 16 bits; each value read beside its partner is read and written once.
    moves = (1 - 2**-7) * 2 * 16
    assert serial(alone, one, "rows") == pytest.approx(663 + (1 - 2**-7) * 129 + moves)
    assert serial(alone, one, "columns") == pytest.approx(moves * LANES)
    assert priced(alone)["columns"].latency_s.typical == pytest.approx(2e-9 / 256)


@given(k=st.integers(1, 3000), n=st.integers(1, 3000), vectors=st.integers(64, 900))
def test_with_a_token_for_every_bank_each_bank_does_its_tokens(k: int, n: int, vectors: int) -> None:
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="tokens").share(weights(k, n, vectors), vectors)
    dealt = [len(range(bank, vectors, 64)) for bank in range(64)]
    rounds = -(-k * n // LANES)
    assert share.own_rounds == max(dealt) * rounds
    assert share.rounds == sum(dealt) * rounds
    assert (share.own_taken, share.taken) == (k * n, 64 * k * n)
    assert share.bus == 2 * k * n
    assert share.passed == 0


@given(k=st.integers(1, 3000), n=st.integers(1, 3000), vectors=st.integers(1, 63))
def test_banks_to_spare_share_a_token(k: int, n: int, vectors: int) -> None:
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="tokens").share(weights(k, n, vectors), vectors)
    alone = -(-k * n // LANES)
    assert share.own_rounds <= alone
    assert share.own_rounds * (64 // vectors) >= k * n / LANES * (1 - 1e-12)
    assert share.own_taken <= k * n
    assert share.rounds >= vectors * k * n / LANES * (1 - 1e-12)


@given(
    k=st.integers(1, 300), n=st.integers(1, 300), tokens=st.integers(1, 200), chosen=st.integers(1, 4),
    experts=st.integers(4, 9),
)  # fmt: skip
def test_banks_take_the_experts_of_their_own_tokens_alone(
    k: int, n: int, tokens: int, chosen: int, experts: int
) -> None:
    vectors, hit = tokens * chosen, min(experts, tokens * chosen)
    operator = replace(weights(k, n, vectors), matrices=hit, held=experts)
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="tokens").share(operator, vectors)
    filled = -(-n // max(1, LANES // k))
    group = min(max(1, 64 // vectors), filled)
    # Vectors to groups of banks in turn; each takes the matrices that its vectors meet, if these all differ.
    met = [min(hit, len(range(first, vectors, 64 // group))) for first in range(min(vectors, 64 // group))]
    assert share.own_taken == max(met) * k * -(-n // group)
    assert sum(met) * k * n <= share.taken <= len(met) * max(met) * k * n
    assert share.taken <= vectors * k * n
    assert hit * k * n <= share.bus <= min(2 * hit, vectors) * k * n


@given(k=st.integers(1, 3000), n=st.integers(1, 3000), vectors=st.integers(1, 9))
def test_vectors_go_to_all_stacks_and_outputs_leave_once(k: int, n: int, vectors: int) -> None:
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="outputs").share(weights(k, n, vectors), vectors)
    stacks = 1 if k * n <= LANES else 2
    assert share.bus == vectors * k * stacks + vectors * n


def test_one_token_fills_the_lanes_of_as_many_banks_as_it_needs() -> None:
    banks = Banks(banks=2048, stacks=8, lanes=LANES, dealt="tokens")
    share = banks.share(weights(768, 768, 1), 1)
    # Ten outputs of 768 products to a bank: 77 banks, which pass the token on to each other.
    assert (share.own_rounds, share.rounds, share.own_taken) == (1, 77, 7680)
    assert share.passed == 76 * 768


@given(k=st.integers(1, 3000), n=st.integers(1, 3000), vectors=st.integers(1, 900))
def test_dealt_by_outputs_lanes_are_filled_and_vectors_visit(k: int, n: int, vectors: int) -> None:
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="outputs").share(weights(k, n, vectors), vectors)
    filled = -(-k * n // LANES)
    assert share.rounds == vectors * filled
    assert share.own_rounds >= vectors * filled / 64 * (1 - 1e-12)
    assert share.own_rounds <= vectors * max(1, filled / 64)
    assert share.passed == 0


@given(requests=st.integers(1, 8), heads=st.integers(1, 8), tokens=st.integers(1, 300), width=st.sampled_from([32, 64]))
def test_pairs_of_tokens_lie_with_their_keys(requests: int, heads: int, tokens: int, width: int) -> None:
    operator = scores(requests, heads, tokens, tokens, width)
    share = Banks(banks=64, stacks=2, lanes=LANES, dealt="tokens").share(operator, operator.vectors)
    products = requests * heads * tokens * tokens * width
    assert share.rounds == pytest.approx(products / LANES)
    own = max(len(range(bank, requests * tokens, 64)) for bank in range(64))
    assert share.own_rounds == pytest.approx(own * heads * tokens * width / LANES)
    # What a request's ring passes on is as much as its keys: every bank sees all of them but its own.
    assert share.own_passed == heads * tokens * width
    ring = max(1, min(64 / requests, tokens))
    assert share.passed == pytest.approx(requests * heads * tokens * width * (ring - 1))


def test_keys_and_values_are_dealt_out_alike() -> None:
    keys = scores(2, 4, 100, 100, 64)
    values = replace(keys, name="context", role="context", k=100, n=64)
    for part in ("rows", "columns", "taken", "ring"):
        assert CELLS.work(values).setup[part] == CELLS.work(keys).setup[part]


def test_the_peak_is_a_product_in_every_lane() -> None:
    assert CELLS.peak_macs_per_s(chip()) == pytest.approx(64 * LANES / (663 * 47e-9))
    fewer = replace(CELLS, product_rows=100)
    assert fewer.peak_macs_per_s(chip()) == pytest.approx(64 * LANES / (100 * 47e-9))
    refreshed = replace(INSIDE, timing=replace(TIMING, trefi_s=3.9e-6, trfc_s=0.39e-6))
    assert CELLS.peak_macs_per_s(chip(refreshed)) == pytest.approx(0.9 * 64 * LANES / (product_rows(8, 8) * 47e-9))


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        (None, r"memories\.hbm\.dram is missing"),
        (replace(INSIDE, row_bytes=2048), r"row_bytes contradicts memories\.hbm\.dram\.row_bytes: 1024 where"),
        (replace(INSIDE, timing=None), r"memories\.hbm\.dram\.timing is missing"),
        (replace(INSIDE, timing=replace(TIMING, tccd_long_s=None)), r"memories\.hbm\.dram\.timing\.tccd_long_s is"),
    ],
)
def test_a_memory_that_does_not_tell_is_refused(inside: Dram | None, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        CELLS.parts(chip(inside))
