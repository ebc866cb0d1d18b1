"""Published figures are read strictly: every one has a source, a band with its reason, and a status."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.hardware.yaml import parse_yaml
from bitline.systems import load_published, system_names
from bitline.systems.published import EXPECTED, Published, parse_published

ONE = """\
figures:
  - {id: A-1, says: speed, metric: latency_s, value: 1.0, unit: s, source: a table, tag: stated, status: missed,
     within: 0.1, why_within: a chart}
"""


def parsed(text: str) -> tuple[Published, ...]:
    return parse_published(parse_yaml(text, "published.yaml", EXPECTED))


@pytest.mark.parametrize("system", system_names())
def test_every_system_has_figures_with_source_and_reason(system: str) -> None:
    figures = load_published(system)
    assert figures
    for figure in figures:
        assert figure.source.strip()
        assert figure.why_within.strip()
        assert (figure.status == "reached") or figure.because.strip(), f"{figure.id}: why is it not reached?"


def test_a_figure_reads_as_written() -> None:
    (figure,) = parsed(ONE)
    assert (figure.id, figure.value, figure.unit, figure.bound) == ("A-1", 1.0, "s", "equal")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("within: 0.1", "withni: 0.1", r"figures\.0\.withni is not a known key.*Nearest: 'within'"),
        ("status: missed", "status: missing", r"published\.yaml:2: figures\.0\.status = 'missing' .*Nearest: 'missed'"),
        ("source: a table,", "", r"figures\.0\.source is missing"),
        ("value: 1.0", "value: fast", r"figures\.0\.value = 'fast' is not a number"),
        ("figures:", "figure:", r"figures = .* is not a block with the key figures"),
    ],
)
def test_a_wrong_figure_names_its_place(old: str, new: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parsed(ONE.replace(old, new))


def test_two_figures_of_one_id_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"published\.yaml:4: id A-1 is given twice\. First: published\.yaml:2\."):
        parsed(ONE + ONE.removeprefix("figures:\n"))


def test_an_unknown_system_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"system = 'xformr' .*Nearest: 'xformer'"):
        load_published("xformr")
