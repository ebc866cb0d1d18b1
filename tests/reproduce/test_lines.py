"""A reproduction is told in rows of text: published beside ours, with what it rests on."""

from __future__ import annotations

import pytest

from bitline.reproduce import COLUMNS, Reproduction, lines, remarks, reproduce
from bitline.reproduce.lines import _quantity


@pytest.fixture(scope="module")
def xformer() -> Reproduction:
    return reproduce("xformer")


def test_every_row_has_a_cell_for_every_column(xformer: Reproduction) -> None:
    rows = lines(xformer)
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert [row[0] for row in rows] == [row.figure.id for row in xformer.rows]


def cell(reproduction: Reproduction, name: str, column: str) -> str:
    return next(row[COLUMNS.index(column)] for row in lines(reproduction) if row[0] == name)


@pytest.mark.parametrize(
    ("name", "column", "text"),
    [
        ("XF-C1", "ours", "7,077,888"),
        ("XF-C2b", "published", "119 W"),
        ("XF-C2b", "ours", "119 W"),
        ("XF-3a", "published", "980 us"),
        ("XF-4", "published", "6.72 Top/J"),
        ("XF-C2a", "ours", "9.66e+10"),
        ("XF-5", "published", "4.85 to 7.5"),
        ("XF-12", "published", "at most 1"),
        ("XF-10", "ours", ""),
        ("XF-C6b", "fitted", "4"),
        ("XF-C1", "error", "exact"),
        ("XF-C2b", "error", "-0.1%"),
    ],
)
def test_a_cell_reads_as_expected(xformer: Reproduction, name: str, column: str, text: str) -> None:
    assert cell(xformer, name, column) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (330e-6, "m2", "330 mm2"),
        (1.5e-3, "m2", "1,500 mm2"),
        (2e-12, "m2", "2 um2"),
        (3e-3, "W", "3 mW"),
        (0.8, "1/s", "0.8 per s"),
        (3512.4, "1/s", "3,510 per s"),
        (1031.2, "1", "1,030"),
        (999.96, "1", "1,000"),
        (96_636_764_160.5, "1", "9.66e+10"),
    ],
)
def test_a_quantity_has_a_prefix_that_suits_it(value: float, unit: str, text: str) -> None:
    assert _quantity(value, unit) == text


def test_a_large_error_is_told_as_a_factor(xformer: Reproduction) -> None:
    assert cell(xformer, "XF-3a", "error").startswith("x1")


def test_remarks_count_parameters_and_tell_every_contradiction(xformer: Reproduction) -> None:
    told = remarks(xformer)
    assert told[0] == "2 of 22 published figures reached, 2 not tried; 18 of 18 derived ones"
    assert any(line.startswith("xformer/five-converters: ") and line.endswith("4 fitted") for line in told)
    assert sum(line.startswith("conflict, ") for line in told) == len(xformer.conflicts) >= 5


def test_remarks_tell_the_terms_of_every_published_figure(xformer: Reproduction) -> None:
    told = remarks(xformer)
    assert any(line.startswith("XF-6a, XF-6b, XF-13c, XF-13d with") and "against xformer/puma" in line for line in told)
    for row in xformer.rows:
        if row.ours is not None and row.figure.tag != "derived":
            assert any(row.figure.id in line.split(" with ")[0].split(", ") and row.conditions in line for line in told)


def test_a_reason_that_several_figures_share_is_told_once() -> None:
    pim_gpt = reproduce("pim-gpt")
    told = [line for line in remarks(pim_gpt) if "missed: " in line]
    assert len(told) == len({row.figure.because for row in pim_gpt.rows if row.status == "missed"}) < 10
    for row in pim_gpt.rows:
        if row.status == "missed":
            (line,) = (line for line in told if row.figure.id in line.split(" missed: ")[0].split(", "))
            assert line.endswith(f" missed: {row.figure.because}")


def test_figures_without_conditions_have_no_terms() -> None:
    assert not any(line.endswith(" with ") for line in remarks(reproduce("cambricon-llm-s")))
