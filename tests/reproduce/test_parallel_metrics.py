"""Metrics of devices that share a model: layers against bills, tokens against steps."""

from __future__ import annotations

import pytest

from bitline.reproduce.metrics import parallel
from bitline.reproduce.metrics.serving import step_s
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model

CHIP, MODEL = load_chip("cent"), load_model("llama-2-7b")


def test_a_layer_is_what_its_engines_do_in_turn() -> None:
    banks_s, near_s = (
        parallel.layer_engine_s(chip=CHIP, model=MODEL, context=512, engine=engine) for engine in ("banks", "near")
    )
    assert banks_s > 0
    assert near_s > 0
    assert parallel.layer_s(chip=CHIP, model=MODEL, context=512) == pytest.approx(banks_s + near_s)
    assert parallel.layer_engine_s(chip=CHIP, model=MODEL, context=512, engine="npu") == 0


def test_weights_of_a_layer_are_met_row_by_row() -> None:
    # 512 banks; rows of 1024 inputs, 108 ns to open, multiply and close, 5 ns until a result is there, less what that
    # hides; 105 ns of every 1667 are refreshes. The vector adds a row's worth of the bus for each 1024 inputs.
    rows = sum(-(-k // 1024) * -(-n // 512) for k, n in (*[(4096, 4096)] * 4, *[(4096, 11008)] * 2, (11008, 4096)))
    banks_s = parallel.layer_engine_s(chip=CHIP, model=MODEL, context=1, engine="banks")
    assert 1.0 < banks_s / (rows * 113e-9 / (1 - 105 / 1667)) < 1.15


def test_power_times_time_is_the_energy_of_all_tokens_of_a_step() -> None:
    power_w = parallel.step_power_w(chip=CHIP, model=MODEL, context=64, batch=3)
    token_j = parallel.token_energy_j(chip=CHIP, model=MODEL, context=64, batch=3)
    assert power_w * step_s(chip=CHIP, model=MODEL, context=64, batch=3) == pytest.approx(3 * token_j)
    phase = estimate(MODEL, CHIP, Request(prompt=63, generate=2, batch=3)).phases[-1]
    assert token_j == pytest.approx(phase.energy_j / 3)
