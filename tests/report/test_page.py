from __future__ import annotations

import json
import re

import pytest

from bitline.errors import DataError
from bitline.report import save_report
from bitline.report.page import page


@pytest.fixture(scope="module")
def text(cost):
    return page(cost)


def test_needs_nothing_from_outside(text):
    own = text.replace(text[text.index("<script>/**") : text.index("</script>", text.index("<script>/**"))], "")
    assert "://" not in own
    assert text.count("plotly.js v") == 1
    assert "default-src 'none'" in own
    assert not re.search(r"<(link|img|iframe)|\ssrc=", own)


def test_every_plot_has_its_place(text):
    drawn = re.findall(r'Plotly\.newPlot\("(plot\d+)"', text)
    placed = re.findall(r'class="plot" id="(plot\d+)"', text)
    assert len(drawn) >= 7
    assert sorted(drawn) == sorted(placed) == sorted(set(placed))


def test_plots_hold_the_numbers_of_the_estimate(text, cost):
    calls = re.findall(r'Plotly\.newPlot\("plot\d+", (\[.*?\]), \{"paper_bgcolor', text)
    traces = [trace for call in calls for trace in json.loads(call)]
    line = next(trace for trace in traces if trace["type"] == "scatter")
    assert line["x"] == [int(context) for context in cost.contexts]
    by_component = next(trace for trace in traces if "weights.adc" in trace["y"])
    parts = {part.name: part.energy_j + part.leakage_j for part in cost.components}
    shown = dict(zip(by_component["y"], by_component["x"], strict=True))
    assert shown["weights.cells"] / shown["weights.adc"] == pytest.approx(parts["weights.cells"] / parts["weights.adc"])


def test_what_is_printed_is_escaped(hostile):
    text = page(hostile)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert text.count("<script>") == 2
    assert text.count("</script>") == 2


def test_a_place_that_cannot_be_written_is_one_clear_error(cost, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match=r"file/report\.html: cannot be written: .*"):
        save_report(cost, tmp_path / "file" / "report.html")
    with pytest.raises(DataError, match="it is a folder"):
        save_report(cost, tmp_path)


def test_what_stood_there_stays_if_writing_fails(cost, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("before")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(DataError, match="No space left on device"):
        save_report(cost, path)
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]
