"""Comparisons as text, page, JSON and Markdown."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from bitline.report import comparison_grids as grids
from bitline.report import save_report
from bitline.report.cautions import cautions, counted, unpowered
from bitline.report.comparison import headlines, markdown, page, summary, to_json
from bitline.report.page import html_of
from bitline.report.plots import comparison as plots
from bitline.report.plots import room, shares
from bitline.report.terminal import plain
from bitline.verbs.classes import time_by_class
from bitline.verbs.compare import Comparison, Entry, Store, compare
from bitline.verbs.request import Request

HOSTILE = "</script><script>alert(1)</script>[bold]&amp;"
CHIPS = ["h100", "t4", "cambricon-llm-s", "xformer", "pcm-64-core"]


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """Boards, flash, arrays that are too few, and a chip that lacks an engine."""
    return compare("llama-2-7b", CHIPS, Request(prompt=128, generate=16))


def of(compared: Comparison, chip: str) -> Entry:
    return next(one for one in compared.entries if one.chip == chip)


def short(compared: Comparison, **store) -> Comparison:
    """The same with a number for what a chip lacks."""
    given = {"name": "", "unit": "bytes", "needed": 12e9, "room": 8e9, **store}
    entries = [replace(one, fullest=Store(**given)) if one.chip == "xformer" else one for one in compared.entries]
    return replace(compared, entries=tuple(entries))


def at_width(compared: Comparison, width: int) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, no_color=True, force_terminal=False)
    for part in summary(compared):
        console.print(part)
    return file.getvalue()


def test_the_table_holds_the_estimates(compared):
    rows = {row[0]: row for row in grids.side_by_side(compared).rows}
    assert set(rows) == {"h100", "t4", "cambricon-llm-s"}
    cost = of(compared, "cambricon-llm-s").estimate
    assert cost is not None
    assert float(rows["cambricon-llm-s"][2]) == pytest.approx(cost.decode_tokens_per_s, rel=5e-3)
    assert rows["cambricon-llm-s"][6] == cost.bottleneck.part
    assert rows["h100"][4] == grids.NO_RANGE
    low, high = re.fullmatch(r"([\d.]+)–([\d.]+) (m?)J", rows["cambricon-llm-s"][4]).groups()[:2]
    assert float(high) / float(low) == pytest.approx(cost.energy_high_j / cost.energy_low_j, rel=0.1)


def test_what_is_missing_is_told_in_its_unit(compared):
    assert grids.too_small(short(compared)).rows == (("xformer", "12 GB", "8 GB", "4 GB", "1.5"),)
    arrays = grids.too_small(short(compared, unit="arrays", needed=2_500_000, room=1)).rows
    assert arrays == (("xformer", "2.50 M arrays", "1 array", "2.50 M arrays", "2,500,000"),)
    text = plain(summary(short(compared)))
    assert "Too small" in text
    assert "pcm-64-core: placement puts" in text, "what is no number is a sentence"


def test_energies_that_count_other_things_are_told_apart(compared):
    assert (counted(of(compared, "h100")), counted(of(compared, "cambricon-llm-s"))) == ("board", "devices")
    text = " ".join(plain(summary(compared)).split())
    assert "(board: h100, t4; devices: cambricon-llm-s)" in text
    alike = replace(compared, entries=tuple(one for one in compared.entries if one.chip in ("h100", "t4")))
    assert "count different things" not in plain(summary(alike))


def test_weights_that_come_and_go_are_told():
    found = compare("bert-base-uncased", ["cpsaa", "h100"], Request(prompt=16))
    assert next(row[5] for row in grids.side_by_side(found).rows) == grids.REWRITTEN
    assert "Too large for cpsaa:" in plain(summary(found))
    (bars,) = room.room(found).traces
    assert bars["y"] == ["h100"]


def test_weights_without_a_place_have_no_room_to_tell():
    without = compare("deepseek-v3", ["cpsaa", "h200@16"], Request(prompt=16))
    rows = {row[0]: row[5] for row in grids.side_by_side(without).rows}
    assert rows["cpsaa"] == "not known"
    assert rows["h200@16"].endswith("of 2.26 TB")
    assert any("no place in the description (cpsaa)" in told for told in cautions(without))
    (bars,) = room.room(without).traces
    assert bars["y"] == ["h200@16"]


def test_more_tokens_than_the_model_was_made_for_are_told():
    def told(prompt: int) -> list[str]:
        found = compare("llama-2-7b", ["h100"], Request(prompt=prompt, generate=97))
        return [one for one in cautions(found) if "was made for" in one]

    assert told(4000) == []
    assert told(4001) == ["llama-2-7b was made for 4,096 tokens; 4,097 are asked of it."]
    assert grids.title(compare("gpt2", ["h100"], Request(prompt=1))) == "gpt2, batch 1, 1 token in, 0 out"


def test_groups_of_devices_are_told(compared):
    group = compare("llama-2-7b", ["h100", "h100@4"], Request(prompt=16, generate=4))
    assert "(h100@4: 4)" in " ".join(plain(summary(group)).split())
    assert "Groups of devices" not in plain(summary(compared))


def test_power_that_is_left_out_is_told(compared):
    flash = of(compared, "cambricon-llm-s").estimate
    parts = unpowered(flash)
    assert "memory.lpddr" in parts
    assert all(dict(flash.figures)[f"{part}.leakage_w"].typical == 0 for part in parts)
    assert unpowered(of(compared, "h100").estimate) == ()
    text = " ".join(plain(summary(compared)).split())
    assert f"(cambricon-llm-s: {', '.join(parts)})" in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_text_fits_a_terminal(compared, width):
    text = at_width(short(compared), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert ("flash.channels" in text) == (width > 80)
    assert ("Not shown, as the terminal is narrow: waits for, used." in " ".join(text.split())) == (width == 80)


def test_every_plot_holds_the_numbers(compared):
    cost = of(compared, "t4").estimate
    assert cost is not None
    (cloud,) = plots.speed_and_energy(compared).traces
    place = cloud["text"].index("t4")
    assert (cloud["x"][place], cloud["y"][place]) == (cost.decode_tokens_per_s, cost.energy_per_token_j)
    flash = cloud["text"].index("cambricon-llm-s")
    assert cloud["error_y"]["array"][flash] > 0 == cloud["error_y"]["array"][place]
    (firsts,) = plots.first_tokens(compared).traces
    ratio = firsts["x"][firsts["y"].index("cambricon-llm-s")] / firsts["x"][firsts["y"].index("t4")]
    other = of(compared, "cambricon-llm-s").estimate
    assert ratio == pytest.approx(other.time_to_first_token_s / cost.time_to_first_token_s)
    lines = {line["name"]: line for line in plots.times_per_token(compared).traces}
    assert lines["t4"]["x"] == of(compared, "t4").growth.contexts.tolist()
    assert lines["t4"]["y"][0] / lines["h100"]["y"][0] > 5


def test_shares_of_time_add_up(compared):
    decode = shares.time(compared, "decode")
    for place, name in enumerate(decode.traces[0]["y"]):
        assert sum(trace["x"][place] for trace in decode.traces) == pytest.approx(100)
        attention = next(trace for trace in decode.traces if trace["name"] == "attention")
        phase = of(compared, name).estimate.phases[1]
        assert attention["x"][place] == pytest.approx(100 * time_by_class(phase).get("attention", 0) / phase.time_s)


def test_energies_have_their_range(compared):
    (bars,) = plots.energy_per_token(compared).traces
    place = bars["y"].index("cambricon-llm-s")
    cost = of(compared, "cambricon-llm-s").estimate
    assert bars["error_x"]["array"][place] / bars["x"][place] == pytest.approx(cost.energy_high_j / cost.energy_j - 1)
    assert bars["error_x"]["array"][bars["y"].index("t4")] == 0
    drawn = {trace["name"]: trace for trace in shares.energy(compared).traces}
    assert drawn["standing"]["x"][drawn["standing"]["y"].index("t4")] == pytest.approx(100)
    assert drawn["feed-forward"]["x"][drawn["standing"]["y"].index("cambricon-llm-s")] > 50


def test_room_shows_those_that_are_too_small(compared):
    (bars,) = room.room(short(compared)).traces
    assert bars["x"][-1] == pytest.approx(150)
    assert bars["marker"]["color"][-1] == room.TOO_SMALL
    assert room.TOO_SMALL not in bars["marker"]["color"][:-1]


def test_far_apart_is_logarithmic_with_marks(compared):
    axis = plots.first_tokens(compared).layout["xaxis"]
    assert axis["type"] == "log"
    assert "logarithmic" in plots.first_tokens(compared).note
    assert axis["tickvals"] == sorted(axis["tickvals"])
    assert len(axis["tickvals"]) == len(axis["ticktext"])
    alike = replace(compared, entries=tuple(one for one in compared.entries if one.chip in ("h100", "t4")))
    assert "type" not in plots.first_tokens(alike).layout["xaxis"]


def test_the_page_stands_alone(compared):
    text = html_of(page(compared))
    drawn = re.findall(r'Plotly\.newPlot\("(plot\d+)"', text)
    assert len(drawn) == len(set(drawn)) == 8
    assert text.count("<script>") == text.count("</script>") == 2
    for one in compared.entries:
        assert one.chip in text
        for why in one.description.provenance.assumptions.values():
            assert why.split("<")[0].split("'")[0].split('"')[0].split("&")[0].split(">")[0] in text
    told = {one.name: one.value for one in headlines(compared)}
    assert told["run it"] == "3 of 5"
    assert told["most tokens per second"] == "h100"


def test_the_page_is_written_from_python(compared, tmp_path):
    save_report(compared, tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == html_of(page(compared))


def test_names_cannot_act(compared):
    one = of(compared, "t4")
    entry = replace(one, description=replace(one.description, name=HOSTILE), why_not=HOSTILE)
    hostile = replace(compared, model=HOSTILE, entries=(entry, *compared.entries[3:]))
    text = html_of(page(hostile))
    assert "<script>alert" not in text
    assert text.count("<script>") == 2
    plain(summary(hostile))


def test_json_is_the_estimates(compared):
    told = json.loads(to_json(compared))
    assert told["request"] == {"batch": 1, "prompt": 128, "generate": 16}
    assert any("(board: h100, t4; devices: cambricon-llm-s)" in one for one in told["cautions"])
    one = next(chip for chip in told["chips"] if chip["chip"] == "h100")
    cost = of(compared, "h100").estimate
    assert one["energy_per_token_j"] == cost.energy_per_token_j
    assert one["phases"]["decode"]["bottleneck"]["part"] == cost.phases[1].bottleneck.part
    assert one["room"]["missing"] == 0
    assert one["growth"]["contexts"][:2] == [128, 256]
    assert set(one["assumptions"]) == set(cost.description.provenance.assumptions)
    unable = next(chip for chip in told["chips"] if chip["chip"] == "pcm-64-core")
    assert unable["why_not"]
    assert "energy_per_token_j" not in unable


def test_markdown_has_all_chips(compared):
    text = markdown(compared)
    for chip in CHIPS:
        assert f"| {chip} |" in text
    widths = [line.count("|") for line in text.split("\n\n")[1].splitlines()]
    assert len(set(widths)) == 1


def test_nothing_that_runs_is_still_a_page(compared):
    none = replace(compared, entries=compared.entries[3:])
    assert html_of(page(none)).startswith("<!DOCTYPE html>")
    assert headlines(none)[0].value == "0 of 2"
    assert "Too small, or unable" in html_of(page(none))
    plain(summary(none))
    markdown(none)


def test_an_encoder_has_no_decode(compared):
    found = compare("bert-base-uncased", ["xformer", "h100"], Request(prompt=32))
    assert shares.time(found, "decode") is None
    assert plots.times_per_token(found) is None
    assert grids.side_by_side(found).columns[1].name == "time"
    assert "decode" not in grids.side_by_side(found).note
    assert html_of(page(found)).count("Plotly.newPlot(") == 6
    assert "Cannot run it" not in html_of(page(found))
