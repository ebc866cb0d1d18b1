"""The committed table of what formats cost trained models: part of it computed again, and its order."""

from __future__ import annotations

import math
import sys
from itertools import pairwise
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))

from tabulate_formats import FORMATS, MODELS, PAGE, measured, page_with, read, rows  # noqa: E402
from trained_models import Subject  # noqa: E402

TOLERANCE_NATS = 2e-3
"""What processors may differ by in digital parts, through roundings that turn the other way."""
QUICK = ("W8A8", "W4A16, groups of 64", "KV4", "W2A16, 2:4, groups of 128 with a zero point")
GROUPS = ("W4A16", "W4A16, groups of 128", "W4A16, groups of 64", "W4A16, groups of 32")


def more(model: str, form: str) -> float:
    """Share by which perplexity is above that of the model as it is."""
    found = read()[model]
    return math.exp(found["formats"][form]["nats_per_token"] - found["digital"]["nats_per_token"]) - 1


def test_the_page_shows_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert page_with(text, rows(read())) == text


def test_the_table_is_whole():
    table = read()
    assert set(table) == set(MODELS)
    assert all(list(one["formats"]) == [*FORMATS] for one in table.values())


@pytest.mark.parametrize("model", MODELS)
def test_the_order_makes_sense(model):
    for nearly_free in ("W8A8", "W8A16", "KV8", *(name for name in FORMATS if name.endswith("of 8 bits"))):
        assert abs(more(model, nearly_free)) < 0.01
    assert more(model, "W8A8") < more(model, "fp8, e4m3") < more(model, "fp8, e5m2")
    # Groups of 128 are no smaller than most rows of these models, and chance decides.
    assert all(more(model, finer) < more(model, coarser) + 0.005 for coarser, finer in pairwise(GROUPS))
    assert more(model, "W4A16, groups of 32") < 0.8 * more(model, "W4A16")
    assert more(model, "W4A16, groups of 64 with a zero point") < more(model, "W4A16, groups of 64")
    assert more(model, "KV8") < more(model, "KV4 with a zero point") <= more(model, "KV4") + 1e-3
    for kept in ("weights", "keys and values"):
        blocks = (more(model, f"{kept} in blocks of 32, mantissas of {bits} bits") for bits in (8, 4))
        assert next(blocks) < 0.01 < next(blocks)


@pytest.mark.parametrize("model", MODELS)
def test_pruning_and_two_bits_ruin_a_small_model(model):
    pruned, narrow, both = (more(model, name) for name in [*FORMATS][-3:])
    assert both > 0.8 > more(model, "W4A16")
    assert both > max(pruned, narrow) > 0.4


@pytest.mark.parametrize("form", QUICK)
def test_scores_come_out_again(subjects, form):
    assert_as_written(subjects("babyllama105"), "babyllama105", form)


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("form", [*FORMATS])
def test_all_scores_come_out_again(subjects, form, model):
    assert_as_written(subjects(model), model, form)


def assert_as_written(subject: Subject, model: str, form: str) -> None:
    found, wanted = measured(subject, form), read()[model]["formats"][form]
    assert found.tokens == wanted["tokens"]
    assert found.nats_per_token == pytest.approx(wanted["nats_per_token"], abs=TOLERANCE_NATS)
