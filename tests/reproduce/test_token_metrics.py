"""Energy of a token: a board that draws the same all the time, by hand."""

from __future__ import annotations

import pytest

from bitline.reproduce.metrics.serving import step_s
from bitline.reproduce.metrics.tokens import token_energy_gain_over_printed, token_j
from bitline.systems import load_chip
from bitline.workload import load_model


def test_a_token_draws_the_boards_power_for_its_time() -> None:
    chip, model = load_chip("accllm"), load_model("llama-2-7b")
    drawn_j = token_j(chip=chip, model=model, context=100)
    assert drawn_j == pytest.approx(45.0 * step_s(chip=chip, model=model, context=100))
    four = token_j(chip=chip, model=model, context=100, batch=4)
    assert four == pytest.approx(45.0 * step_s(chip=chip, model=model, context=100, batch=4) / 4)


def test_a_printed_baseline_is_its_power_over_its_rate() -> None:
    chip, model = load_chip("accllm"), load_model("llama-2-7b")
    gain = token_energy_gain_over_printed(
        chip=chip, against_tokens_per_s=55.0, against_w=45.0, model=model, context=100
    )
    assert gain == pytest.approx(1 / (55.0 * step_s(chip=chip, model=model, context=100)))
