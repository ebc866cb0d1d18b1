"""The page on macros shows what the models say today, of macros and of the survey."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bitline.reproduce import predictions

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "costs" / "macros.md").read_text()
AGAIN = "run tools/tabulate_macros.py again"


@pytest.fixture
def tool(tools):
    return tools("tabulate_macros")


def test_the_table_holds_what_is_predicted(tool):
    now = tool.tabulated([one for one in predictions() if one.sort in tool.SORTS])
    written = tool.read()
    assert [one["id"] for one in written["figures"]] == [one["id"] for one in now["figures"]], AGAIN
    for was, one in zip(written["figures"], now["figures"], strict=True):
        numbers = {name: value for name, value in one.items() if isinstance(value, float)}
        assert {name: was[name] for name in numbers} == pytest.approx(numbers, rel=1e-4), AGAIN
        assert {**was, **numbers} == one, AGAIN
    assert written["spreads"] == now["spreads"], AGAIN


def test_the_page_shows_the_table(tool):
    table = tool.read()
    assert tool.filled(PAGE, table) == PAGE, AGAIN
    assert tool.as_text(table) == tool.TABLE.read_text()
    table["figures"][0]["off"] *= 2
    assert tool.filled(PAGE, table) != PAGE


def test_the_trend_is_that_of_the_survey(tool, shared):
    written = tool.read()["trend"]
    now = tool.trend(shared / "data" / "imc_survey" / "imc_macros_2018_2024.csv")
    assert written["left_out"] == now["left_out"], AGAIN
    assert [row[:2] for row in written["rows"]] == [row[:2] for row in now["rows"]], AGAIN
    for was, one in zip(written["rows"], now["rows"], strict=True):
        numbers = [[float(cell.removeprefix("x") or "nan") for cell in row[2:]] for row in (was, one)]
        assert numbers[0] == pytest.approx(numbers[1], abs=0.011, nan_ok=True), AGAIN


def test_every_macro_that_misses_says_why(tool):
    figures = tool.read()["figures"]
    for one in figures:
        assert (one["status"] == "missed") == bool(one["because"]), one["id"]
    told = PAGE.partition("<!-- reasons -->")[2]
    for name in {one["macro"] for one in figures if one["status"] == "missed"}:
        assert f"**{name}**" in told


def test_the_picture_is_small_and_holds_no_titles_of_papers():
    text = (ROOT / "docs" / "images" / "costs" / "survey.svg").read_text()
    assert len(text) < 60_000
    assert "../images/costs/survey.svg" in PAGE
    assert "ISSCC" not in re.sub(r"<[^>]*>", "", text)
