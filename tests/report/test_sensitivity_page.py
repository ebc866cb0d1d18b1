"""Costs of layers and effects as text, page and JSON; from values made by hand."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from bitline.report.page import html_of
from bitline.report.plots import sensitivity as plots
from bitline.report.sensitivity import headlines, page, summary, to_json
from bitline.report.sensitivity_grids import effects, groups, percent
from bitline.report.terminal import plain
from bitline.verbs.change import Change
from bitline.verbs.effects import EFFECTS
from bitline.verbs.grouping import Group
from bitline.verbs.sensitivity import Cost, Sensitivity

HOSTILE = "</script><script>alert(1)</script>[bold]&amp;"


def change(nats: float, spread: float = 0.001) -> Change:
    return Change(nats_per_token=nats, error_nats_per_token=spread)


def cost(layer: str, role: str, weights: float, converter: float | None, together: float) -> Cost:
    group = Group(layer=layer, role=role, modules=("m",), engines=("e",))
    alone = {effect.name: None for effect in EFFECTS}
    alone |= {"weights": change(weights), "converter": None if converter is None else change(converter)}
    return Cost(group=group, alone=alone, together=change(together))


def made(name: str = "toy", spread: float = 0.001) -> Sensitivity:
    whole = Group(layer="", role="whole model", modules=("m",), engines=("e",))
    return Sensitivity(
        model=name, chip=name, seed=0, age_s=0.0, temperature_k=300.0,
        text=name, tokens=100, windows=3, window=40, digital_nats_per_token=1.0,
        effects=EFFECTS,
        costs=(
            cost("0", "q", 0.02, None, 0.03), cost("0", "down", 0.05, 0.2, 0.4), cost("1", "q", -0.0005, None, 0.01),
        ),
        whole=Cost(group=whole, alone=cost("", "", 0.08, 3.0, 0).alone, together=change(0.5, spread)),
        ideal=change(1e-6),
    )  # fmt: skip


def test_grids_hold_the_numbers():
    by_effect = {row[0]: row for row in effects(made()).rows}
    assert by_effect["weights"][1:4] == ("+8.33%", "0.1%", percent(0.02 + 0.05 - 0.0005))
    assert by_effect["converter"][1] == "× 20.1"
    assert by_effect["reads"][1] == "–"
    assert by_effect["everything"][3] == percent(0.44)
    assert by_effect["nothing"][1] == "(0)"
    table = groups(made())
    assert [row[0] for row in table.rows] == ["layer 0 down", "layer 0 q", "layer 1 q"]
    assert table.rows[2][1] == "(−0.05%)"


@pytest.mark.parametrize(
    ("nats", "written"), [(0.0, "0"), (1e-6, "0"), (0.01, "+1.01%"), (-0.01, "−1.00%"), (0.5, "+65%"), (3.0, "× 20.1")]
)
def test_changes_are_written_as_perplexity(nats, written):
    assert percent(nats) == written


def test_text_fits_a_terminal():
    text = plain(summary(made("a-long-name-of-a-model")))
    assert max(map(len, text.splitlines())) <= 100
    assert "dearest part" in text
    assert "layer 0 down" in text


def test_nothing_is_blamed_for_chance():
    told = {one.name: one.value for one in headlines(made())}
    assert (told["dearest effect"], told["dearest part"]) == ("converter", "layer 0 down")
    calm = replace(made(), costs=(cost("0", "q", 0.001, None, 0.0015), cost("1", "q", -0.02, None, -0.03)))
    told = {one.name: one.value for one in headlines(calm)}
    assert told["dearest part"] == "none"


def test_plots_hold_the_numbers():
    (field,) = plots.by_effect(made()).traces
    assert field["y"] == ["layer 0 q", "layer 0 down", "layer 1 q"]
    assert field["x"] == [*(effect.name for effect in EFFECTS), "everything"]
    assert field["z"][1][0] == pytest.approx(math.sqrt(0.05))
    assert field["z"][0][3] is None
    assert field["z"][2][0] == pytest.approx(-0.35 * math.sqrt(0.0005))
    assert (field["text"][1][0], field["text"][2][0]) == ("+5.13", "")
    (square,) = plots.by_role(made()).traces
    assert (square["x"], square["y"]) == (["q", "down"], ["layer 0", "layer 1"])
    assert square["z"][1] == [pytest.approx(0.1), None]
    *stacks, marks = plots.parts(made()).traces
    assert [stack["name"] for stack in stacks] == [effect.name for effect in EFFECTS]
    assert marks["x"][0] == pytest.approx(100 * math.expm1(0.4))
    one, other = plots.sums(made()).traces
    assert one["x"][-1] == pytest.approx(100 * math.expm1(0.5))
    assert other["x"][-1] == pytest.approx(100 * math.expm1(0.44))


def test_page_stands_alone_and_escapes():
    text = html_of(page(made(HOSTILE)))
    assert "<script>alert" not in text
    assert text.count("<script>") == text.count("</script>") == 2
    assert len(re.findall(r'Plotly\.newPlot\("(plot\d+)"', text)) == 4


def test_json_has_no_holes():
    told = json.loads(to_json(made(spread=math.nan)))
    assert told["whole"]["everything"]["error_nats_per_token"] is None
    assert told["groups"][0]["alone"]["reads"] is None
    assert told["groups"][1]["sum_nats_per_token"] == pytest.approx(0.25)
    assert told["sums"]["converter"] == pytest.approx(0.2)
