"""The committed tables of what effects cost trained models: part of them computed again, and their trends."""

from __future__ import annotations

import math
import statistics
import sys
from itertools import pairwise
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from effects import CHIPS, EFFECTS  # noqa: E402
from tabulate_effects import (  # noqa: E402
    PAGE,
    PLAN_SEEDS,
    PLANS,
    compared_on,
    difference,
    measured,
    on_plan,
    page,
    read,
    score,
)
from trained_models import ENCODERS, SUBJECTS  # noqa: E402

TOLERANCE_NATS = 2e-3
"""What processors may differ by in digital parts, through roundings that turn the other way. One and the same gives
equal scores."""
CHECKED = {
    "cell_noise": 0.02, "adc_bits_offset": 7, "adc_bits_differential": 6, "adc_bits_analog": 6,
    "drift_joshi_none": 3600.0, "drift_joshi_global": 86400.0, "drift_hermes_none": 3600.0,
    "drift_hermes_global": 86400.0, "wire_ohm": 1.0,
}  # fmt: skip
"""Of each effect, the level that is computed again."""


def test_the_page_is_made_of_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(read())


def test_the_table_is_whole():
    table = read()
    assert set(CHECKED) == set(EFFECTS) == set(table["effects"])
    for name, effect in EFFECTS.items():
        assert set(table["effects"][name]) == set(SUBJECTS)
        for by_level in table["effects"][name].values():
            assert list(by_level) == [str(level) for level in effect.levels]
            assert {len(scores) for scores in by_level.values()} == {len(effect.seeds)}


@pytest.mark.parametrize("model", SUBJECTS)
@pytest.mark.parametrize("effect", EFFECTS)
def test_more_of_an_effect_is_worse(effect, model):
    """Mean loss rises from level to level, but for chance where an effect costs next to nothing."""
    by_level = read()["effects"][effect][model]
    losses = [statistics.fmean(one["nats_per_token"] for one in scores) for scores in by_level.values()]
    slack = 0.01 if model not in ENCODERS else 0.03
    if effect.endswith("_none"):
        # A model that says nothing any more can be more or less sure of it.
        losses = losses[:3]
    assert all(after > before - slack for before, after in pairwise(losses))
    assert losses[-1] > losses[0] + 0.01


@pytest.mark.parametrize("model", SUBJECTS)
@pytest.mark.parametrize("cell", ["joshi", "hermes"])
def test_one_factor_a_matrix_undoes_most_of_the_drift(cell, model):
    table = read()["effects"]
    new, left, put_right = (
        statistics.fmean(one["nats_per_token"] for one in table[f"drift_{cell}_{drift}"][model][level])
        for drift, level in (("none", "0.0"), ("none", "86400.0"), ("global", "86400.0"))
    )
    assert new < put_right < left
    assert put_right - new < 0.5 * (left - new)


BOUND = 0.005
"""How near the mean perplexity (or accuracy) under plan `statistical` is to that under `exact`, over five seeds."""
MISSED: set[tuple[str, str]] = set()
"""Where it is not."""
PAIRS = [(chip, model) for chip in CHIPS for model in SUBJECTS]


@pytest.mark.parametrize(("chip", "model"), PAIRS)
def test_the_statistical_plan_is_as_near_as_stated(chip, model):
    plans = read()["statistical"][chip][model]
    assert {len(plans[plan]) for plan in PLANS} == {len(PLAN_SEEDS)}
    exact, quick = ([score(model, one) for one in plans[plan]] for plan in PLANS)
    assert (abs(difference(exact, quick)) < BOUND) == ((chip, model) not in MISSED)


def recomputed(folder, chip, model, plan, seeds):
    """Scores computed again, once they are found to be those of the table."""
    found = on_plan(compared_on(model, folder), chip, plan, seeds)
    wanted = [read()["statistical"][chip][model][plan][PLAN_SEEDS.index(seed)] for seed in seeds]
    assert [one["tokens"] for one in found] == [one["tokens"] for one in wanted]
    nats = ([one["nats_per_token"] for one in scores] for scores in (found, wanted))
    assert next(nats) == pytest.approx(next(nats), abs=TOLERANCE_NATS)
    return [score(model, one) for one in found]


def test_one_chip_is_as_near_when_computed_again(shared):
    """One seed of the quickest pair: chance may take it further than the mean of five."""
    exact, quick = (recomputed(shared / "data", "pcm", "stories260k", plan, (0,)) for plan in PLANS)
    assert abs(difference(exact, quick)) < 5 * BOUND


@pytest.mark.slow
@pytest.mark.parametrize(("chip", "model"), PAIRS)
def test_the_statistical_plan_is_as_near_when_computed_again(shared, chip, model):
    """The first seed of five, which may lie further apart than their mean: all five take half an hour on one core."""
    exact, quick = (recomputed(shared / "data", chip, model, plan, PLAN_SEEDS[:1]) for plan in PLANS)
    assert abs(difference(exact, quick)) < 5 * BOUND


@pytest.mark.slow
@pytest.mark.parametrize("model", SUBJECTS)
@pytest.mark.parametrize("effect", EFFECTS)
def test_the_table_can_be_computed_again(subjects, effect, model):
    level = CHECKED[effect]
    (found,) = measured(subjects(model), EFFECTS[effect], levels=(level,), seeds=(0,))[str(level)]
    wanted = read()["effects"][effect][model][str(level)][0]
    assert found["tokens"] == wanted["tokens"]
    assert found["nats_per_token"] == pytest.approx(wanted["nats_per_token"], abs=TOLERANCE_NATS)
    assert math.isclose(found["top1_fraction"], wanted["top1_fraction"], abs_tol=3e-3)
