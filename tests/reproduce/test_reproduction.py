"""Published figures against ours: what we say comes out comes out, and what must close closes exactly."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.reproduce import Reproduction, Row, reproduce
from bitline.reproduce.reproduction import _in_band, error_fraction
from bitline.systems import load_published, system_names
from bitline.systems.published import Published

POSITIVE = st.floats(1e-3, 1e3)
FIRST = load_published("xformer")[0]


@pytest.fixture(scope="module")
def xformer() -> Reproduction:
    return reproduce("xformer")


def row(reproduction: Reproduction, name: str) -> Row:
    return next(row for row in reproduction.rows if row.figure.id == name)


@pytest.fixture(scope="module", params=system_names())
def reproduced(request: pytest.FixtureRequest) -> Reproduction:
    """Each system in turn, and what comes out of it."""
    return reproduce(request.param)


def test_every_figure_comes_out_as_its_file_says(reproduced: Reproduction) -> None:
    found = {row.figure.id: row.status for row in reproduced.rows}
    assert found == {figure.id: figure.status for figure in load_published(reproduced.system)}


def test_what_is_missed_or_untried_says_why(reproduced: Reproduction) -> None:
    for each in reproduced.rows:
        assert each.status == "reached" or each.figure.because
        assert (each.ours is None) == (each.error_fraction is None) == (each.status == "untried")


@pytest.mark.parametrize(
    ("name", "exactly"),
    [
        ("XF-C1", 7_077_888), ("XF-C1a", 7_077_888), ("XF-C1b", 36), ("XF-C1c", 432), ("XF-C1d", 1536),
        ("XF-C2a", 12 * (2 * 512 * 7_077_888 + 4 * 512**2 * 768)),
    ],
)  # fmt: skip
def test_geometry_and_capacity_close_exactly(xformer: Reproduction, name: str, exactly: int) -> None:
    assert row(xformer, name).ours == exactly == row(xformer, name).figure.value


def test_the_power_of_the_gpu_closes(xformer: Reproduction) -> None:
    watts = row(xformer, "XF-C2b").ours
    assert watts is not None
    assert watts == 96_636_764_160 / 0.0158e12 / 51.46e-3
    assert round(watts) == 119


def test_fitted_parameters_are_counted_where_they_are_used(xformer: Reproduction) -> None:
    fitted = {row.figure.id for row in xformer.rows if row.fitted}
    assert fitted == {
        row.figure.id for row in xformer.rows if row.figure.conditions.get("chip") == "xformer/five-converters"
    }
    assert xformer.parameters["xformer"].fitted == 0
    assert xformer.parameters["xformer/five-converters"].fitted == 4


def test_closures_are_not_counted_as_published_figures(xformer: Reproduction) -> None:
    assert xformer.count("missed", derived=True) == 0
    published = sum(xformer.count(status) for status in ("reached", "missed", "untried"))  # type: ignore[arg-type]
    closures = xformer.count("reached", derived=True)
    assert (published + closures, closures) == (len(xformer.rows), sum(r.figure.tag == "derived" for r in xformer.rows))


def test_no_latency_is_below_the_floor_of_the_converters(xformer: Reproduction) -> None:
    for floor, latency in (("XF-C6", "XF-3a"), ("XF-C6b", "XF-3b")):
        low, found = row(xformer, floor).ours, row(xformer, latency).ours
        assert low is not None
        assert found is not None
        assert found >= low * (1 - 1e-9)


def test_ratios_name_their_baseline(xformer: Reproduction) -> None:
    for each in xformer.rows:
        if each.figure.metric.startswith(("speedup", "energy_gain")):
            assert "against" in each.conditions


def test_an_unknown_system_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match="Nearest: 'xformer'"):
        reproduce("x-former")


def printed(value: float, **others: object) -> Published:
    return dataclasses.replace(FIRST, value=value, **others)  # type: ignore[arg-type]


@given(value=POSITIVE, ours=POSITIVE)
def test_the_error_is_that_of_ours_over_the_published(value: float, ours: float) -> None:
    assert value * (1 + error_fraction(printed(value), ours)) == pytest.approx(ours)


@given(low=st.floats(1.0, 2.0), value=st.floats(3.0, 4.0), ours=st.floats(0.1, 10.0))
def test_inside_a_printed_range_there_is_no_error(low: float, value: float, ours: float) -> None:
    error = error_fraction(printed(value, low=low), ours)
    assert (error == 0) == (low <= ours <= value)
    assert (error < 0) == (ours < low)


@pytest.mark.parametrize(
    ("bound", "error", "kept"),
    [("equal", 0.11, False), ("equal", -0.09, True), ("at_most", -0.9, True), ("at_most", 0.2, False),
     ("at_least", 3.0, True), ("at_least", -0.2, False)],
)  # fmt: skip
def test_a_bound_is_kept_on_one_side(bound: str, error: float, kept: bool) -> None:
    assert _in_band(printed(1.0, bound=bound, within=0.1), error) is kept
