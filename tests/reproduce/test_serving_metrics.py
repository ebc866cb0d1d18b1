"""Metrics of serving, on a processor whose times can be told by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.hardware import Chip
from bitline.reproduce.metrics import serving
from bitline.systems import load_chip
from bitline.workload import load_model

MODEL = load_model("llama-2-7b")
WEIGHTS_BYTES = 2 * (MODEL.parameters - 32000 * 4096)
"""All that a step reads of them: no table of embeddings."""
CACHE_BYTES = 2 * 2 * 32 * 4096
"""Of one token."""


@pytest.fixture(scope="module")
def chip() -> Chip:
    return load_chip("a100/genz")


def test_a_step_reads_weights_once_and_every_cache(chip: Chip) -> None:
    bandwidth = 2039 * 2**30
    for batch, context in ((1, 100), (4, 1000)):
        by_hand_s = (WEIGHTS_BYTES + batch * context * CACHE_BYTES) / bandwidth
        found_s = serving.step_s(chip=chip, model=MODEL, context=context, batch=batch)
        assert found_s == pytest.approx(by_hand_s, rel=1e-3)
        assert serving.tokens_per_s(chip=chip, model=MODEL, context=context, batch=batch) == batch / found_s


def test_a_query_is_its_prefill_and_its_steps(chip: Chip) -> None:
    whole_s = serving.query_s(chip=chip, model=MODEL, prompt=100, generate=3)
    steps_s = sum(serving.step_s(chip=chip, model=MODEL, context=context) for context in (101, 102))
    alone_s = serving.query_s(chip=chip, model=MODEL, prompt=100, generate=1)
    assert whole_s == pytest.approx(alone_s + steps_s)


def test_operators_of_a_step_are_of_one_layer_and_of_one_request(chip: Chip) -> None:
    roles = ("q", "k", "v", "out", "gate", "up", "down")
    one_s = serving.step_operator_s(chip=chip, model=MODEL, context=64, roles=roles, batch=4)
    layer_bytes = 2 * (4 * 4096**2 + 3 * 4096 * 11008)
    assert one_s == pytest.approx(layer_bytes / (2039 * 2**30), rel=1e-3)
    shared_s = serving.step_operator_per_token_s(chip=chip, model=MODEL, context=64, roles=roles, batch=4)
    assert shared_s == one_s / 4


def test_a_board_with_twice_the_memory_is_twice_as_fast_in_decode(chip: Chip) -> None:
    memory = chip.memories["hbm"]
    assert memory.bandwidth_bytes_per_s
    fast = replace(memory, bandwidth_bytes_per_s=2 * memory.bandwidth_bytes_per_s)
    faster = replace(chip, memories={"hbm": fast})
    assert serving.decode_speedup(chip=faster, against=chip, model=MODEL, context=64) == pytest.approx(2.0, rel=1e-3)


def test_use_of_the_peak_and_power(chip: Chip) -> None:
    used = serving.step_use_fraction(chip=chip, model=MODEL, context=2)
    # Two operations for each two bytes read.
    assert used == pytest.approx(2039 * 2**30 / 312e12, rel=1e-3)
    assert serving.query_power_w(chip=chip, model=MODEL, prompt=8, generate=2) == pytest.approx(400.0)
