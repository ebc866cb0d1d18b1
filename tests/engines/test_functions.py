"""Every function that a model of the catalogue uses can be counted; counts by hand."""

from __future__ import annotations

import numpy as np

from bitline.engines.functions import elementary_operations, known_function, operations_apart
from bitline.operators import Vector
from bitline.workload import load_model, prefill, preset_names

NORM = Vector(name="n", role="norm", function="layernorm", elements=1000, rows=10)

# In half precision: a degree of 4 (5 products and additions, 1 for the range), 2 steps of Newton after a line.
EXP, RECIPROCAL, ROOT = 5 + 5 + 1, 2 * 3 + 2 + 1, 2 * 4 + 2 + 1


def test_all_functions_of_all_presets_are_written_out() -> None:
    used = {
        operator.function
        for name in preset_names()
        for block in prefill(load_model(name), batch=1, prompt=8).blocks
        for operator in block.operators
        if isinstance(operator, Vector)
    }
    assert {"softmax", "gelu"} <= used
    assert sorted(name for name in used if not known_function(name)) == []


def test_elements_and_rows_both_count() -> None:
    assert elementary_operations(NORM) == 1000 * 7 + 10 * (2 + ROOT)


def test_a_stated_count_wins_and_is_per_element() -> None:
    assert elementary_operations(NORM, {"layernorm": 2.5}) == 2500


def test_counts_follow_the_context() -> None:
    growing = Vector(name="s", role="softmax", function="softmax", elements=np.array([10, 20]), rows=1)
    assert elementary_operations(growing).tolist() == [10 * (4 + EXP) + RECIPROCAL, 20 * (4 + EXP) + RECIPROCAL]


def test_operations_are_told_apart_by_name() -> None:
    assert operations_apart(NORM) == {"add": 4000, "multiply": 3000 + 20, "root": 10}
    assert operations_apart(NORM, {"layernorm": 3.0}) == {"add": 1500, "multiply": 1500}


def test_methods_take_different_times() -> None:
    taylor, table, cordic = (elementary_operations(NORM, method=m) for m in ("taylor", "table", "cordic"))
    assert table < taylor < cordic
