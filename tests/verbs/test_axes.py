"""What stands on an axis of a sweep is read, and refused where the description would refuse it."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.systems import load_chip
from bitline.verbs.axes import parse_axes, parse_axis
from bitline.verbs.sweep import sweep

DEFAULT = load_chip("default")


@pytest.mark.parametrize(
    ("axes", "told"),
    [
        ({"array.row": [1]}, "'rows'"),
        ({"adc.bits": []}, "adc.bits"),
        ({"adc.bits": ["many"]}, "adc.bits"),
        ({"technology.node": [7]}, "node_nm"),
        ({"technology.node_nm": [0.5]}, "node_nm"),
        ({"clock_hz.fast": [1]}, "clock_hz"),
        ({"array.rows": [64, 0]}, "rows = 0 .*at least 1"),
        ({"array.rows": [1.5]}, "a whole number"),
        ({"adc.bits": [8, 33]}, "1..32. Nearest: 32"),
        ({"cell.bits": [0]}, "1..32"),
        ({"cell.g_max_siemens": [-1e-6]}, "greater than 0"),
        ({"technology.supply_v": [float("nan")]}, "supply_v = nan"),
        ({"array": [3]}, "'array' is not a field that holds a number"),
        ({"cell.technology": [3]}, "holds text"),
        ({"adc.kind": [3]}, "holds one of ideal"),
        ({"array.rows": range(1, 10_001), "adc.per_array": range(1, 10_001)}, "100000000 is not a number of designs"),
    ],
)
def test_what_is_no_axis_is_named(axes, told):
    with pytest.raises(ConfigError, match=told):
        sweep(DEFAULT, axes)


@pytest.mark.parametrize(
    ("text", "values"), [("adc.bits=4..6", [4, 5, 6]), ("adc.bits=8", [8]), ("technology.supply_v=.7,0.8", [0.7, 0.8])]
)
def test_axes_are_read(text, values):
    path, found = parse_axis(text)
    assert path == text.partition("=")[0]
    assert found.tolist() == values


def test_whole_numbers_may_be_written_with_a_point():
    assert sweep(DEFAULT, {"adc.bits": [4.0, 6.0]}).axes["adc.bits"].tolist() == [4, 6]


def test_axes_of_several_fields_are_read_and_none_twice():
    assert list(parse_axes(["adc.bits=4..6", "array.rows=64"])) == ["adc.bits", "array.rows"]
    with pytest.raises(ConfigError, match=r"given twice\. First: 4, 5, 6"):
        parse_axes(["adc.bits=4..6", "adc.bits=7"])
    with pytest.raises(ConfigError, match="at most 10,000,000"):
        parse_axes(["adc.bits=1..1000000000000"])


@pytest.mark.parametrize("text", ["adc.bits", "=3", "adc.bits=", "adc.bits=4..x", "adc.bits=6..4"])
def test_what_does_not_read_as_an_axis_is_told(text):
    with pytest.raises(ConfigError, match="FIELD=VALUES"):
        parse_axis(text)
