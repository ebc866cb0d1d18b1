"""Metrics of banks that multiply: rows against columns counted by hand, energies against estimates."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.reproduce.metrics import banks
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model


def test_row_hits_are_those_of_rows_used_whole_but_for_the_last() -> None:
    chip, model = load_chip("pim-gpt"), load_model("gpt3-1.3b")
    hits = banks.row_hit_fraction(chip=chip, model=model, context=1024)
    # 64 columns to a row; matrices of 2048 and 8192 inputs fill rows of 1024 values.
    assert hits == pytest.approx(63 / 64, abs=1e-3)
    short = banks.row_hit_fraction(chip=chip, model=load_model("gpt2"), context=1024)
    # 768 inputs leave a quarter of each row empty: 48 columns.
    assert short == pytest.approx(47 / 48, abs=4e-3)


def test_energy_gain_is_one_over_itself_and_counts_standing_power() -> None:
    chip, model = load_chip("pim-gpt"), load_model("gpt2")
    assert banks.step_energy_gain(chip=chip, against=chip, model=model, context=64) == pytest.approx(1.0)
    buffer = replace(chip.memories["buffer"], leakage_w=10.0)
    leaking = replace(chip, memories={**chip.memories, "buffer": buffer})
    found = estimate(model, leaking, Request(prompt=63, generate=2))
    assert found.leakage_j > 5.0 * found.total_s
    assert banks.step_energy_gain(chip=chip, against=leaking, model=model, context=64) > 1.5
