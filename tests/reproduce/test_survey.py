"""The trend check: rows become macros, by hand and over the whole survey."""

from __future__ import annotations

import math
import re

import pytest

from bitline.errors import BitlineError
from bitline.reproduce.survey import Point, compare_survey, trends

HEADINGS = (
    "Paper Title,Year,Tech (nm),Cell Type,Supply V(V),B_x,B_w,B_ADC,N_ADC,N,alpha,T_core(ns),TOPS/W,Compute Model"
)
ROW = "A macro,2022,28,8T1C,0.9,1,1,6,64,256,{alpha},10,{published},{model}"


def compared(tmp_path, *rows: str, headings: str = HEADINGS) -> tuple[tuple[Point, ...], dict[str, int]]:
    file = tmp_path / "survey.csv"
    file.write_text("\n".join([headings, *rows]))
    found = compare_survey(file)
    return found.points, dict(found.left_out)


def test_one_bit_operations_are_brought_back_to_the_printed_precision(tmp_path):
    once, eight = (ROW.format(alpha=alpha, published=400, model="QR") for alpha in ("1.0", "8.0"))
    (one, bits), left_out = compared(tmp_path, once, eight)
    assert left_out == {}
    assert one.published_ops_per_j == 400e12
    assert bits.published_ops_per_j == 50e12
    assert bits.input_bits == 8
    assert bits.factor == pytest.approx(one.factor)
    assert one.domain == "charge"
    assert one.ours.low < one.ours.typical < one.ours.high


def test_rows_that_say_too_little_are_counted_by_reason(tmp_path):
    rows = [
        ROW.format(alpha="1.0", published="", model="QR"),
        ROW.format(alpha="1.0", published="9", model=""),
        ROW.format(alpha="", published="9", model="DIMC"),
    ]
    points, left_out = compared(tmp_path, *rows)
    assert len(points) == 1
    assert points[0].domain == "digital"
    assert left_out == {"no efficiency": 1, "no compute model: a processor, or not told": 1}


def test_a_better_published_figure_is_a_smaller_factor(tmp_path):
    rows = [ROW.format(alpha="1.0", published=value, model="QS") for value in (10, 20, 40)]
    points, _ = compared(tmp_path, *rows)
    assert points[0].factor == pytest.approx(2 * points[1].factor)
    whole = trends(points)[0]
    assert whole.points == 3
    assert whole.factors[2] == pytest.approx(points[1].factor)
    assert math.isnan(whole.rank_correlation)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A macro,,28,8T1C,0.9,1,1,6,64,256,1,10,100,QR", "no Year"),
        ("A macro,2022,180,8T1C,0.9,1,1,6,64,256,1,10,100,QR", "beyond"),
        ("A macro,2022,nan,8T1C,0.9,1,1,6,64,256,1,10,100,QR", r"no Tech \(nm\)"),
        ("A macro,2022,28,8T1C,5,1,1,6,64,256,1,10,100,QR", "beyond"),
        ("A macro,2022,28,8T1C,0.9,1,1,6,64,-4,1,10,100,QR", "no N"),
        ("A macro,2022,28,8T1C,0.9,1,1,6,0.5,256,1,10,100,QR", "no N_ADC"),
        ("A macro,2022,28,8T1C,0.9,1,1,6,64,256,1,10,0,QR", "no efficiency"),
        ("A macro,2022", "no compute model"),
    ],
)
def test_rows_that_make_no_macro_are_left_out_and_none_left_is_told(tmp_path, row, reason):
    _, left_out = compared(tmp_path, row, ROW.format(alpha="1.0", published=100, model="QR"))
    assert sum(left_out.values()) == 1
    with pytest.raises(BitlineError, match=f"none of its rows could be described .1: {reason}"):
        compared(tmp_path, row)


@pytest.mark.parametrize("name", ["alpha", "T_core(ns)", "B_ADC", "Supply V(V)"])
def test_a_column_that_is_not_there_is_named(tmp_path, name):
    row = ROW.format(alpha="1.0", published=100, model="QR")
    with pytest.raises(BitlineError, match=re.escape(f"{name} is missing")):
        compared(tmp_path, row, headings=HEADINGS.replace(name, "other"))


@pytest.mark.parametrize("text", ["", "a,b\n1,2"])
def test_what_is_no_survey_is_told(tmp_path, text):
    file = tmp_path / "other.csv"
    file.write_text(text)
    with pytest.raises(BitlineError, match="Paper Title"):
        compare_survey(file)
    with pytest.raises(BitlineError, match="nowhere"):
        compare_survey(tmp_path / "nowhere.csv")


def test_the_survey_is_followed(shared):
    found = compare_survey(shared / "data" / "imc_survey" / "imc_macros_2018_2024.csv")
    assert len(found.points) == 54
    assert sum(found.left_out.values()) == 41
    whole = trends(found.points)[0]
    assert whole.rank_correlation > 0.5
    assert 0.5 < whole.factors[2] < 2.0
    assert whole.within_envelope > 27
