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


def test_a_layer_cut_over_devices_exchanges_its_sums_and_saves_most_of_its_products() -> None:
    cut = load_chip("cent@8")
    assert parallel.exchange_s(chip=CHIP, model=MODEL, context=64) == 0.0
    # Two sums of 4,096 values of 16 bits from each of eight devices, at 32 GB/s, and two messages of 0.3 us for each.
    assert parallel.exchange_s(chip=cut, model=MODEL, context=64) == pytest.approx(2 * (8 * 8192 / 32e9 + 0.6e-6))
    whole_s = parallel.layer_engine_s(chip=CHIP, model=MODEL, context=64, engine="banks")
    saved_s = parallel.layer_engine_saved_s(chip=CHIP, against=cut, model=MODEL, context=64, engine="banks")
    assert 0.75 < saved_s / whole_s < 0.875


def test_stages_hand_over_what_a_layer_makes_and_work_on_a_request_each() -> None:
    one_way_s = parallel.exchange_s(chip=CHIP, model=MODEL, context=64, block="stages")
    assert one_way_s == pytest.approx(8192 / 32e9 + 0.3e-6)
    alone_s, full_s = (step_s(chip=CHIP, model=MODEL, context=64, batch=batch) for batch in (1, 8))
    assert full_s == pytest.approx(alone_s)
    assert alone_s > 32 * parallel.layer_s(chip=CHIP, model=MODEL, context=64) + 7 * one_way_s
