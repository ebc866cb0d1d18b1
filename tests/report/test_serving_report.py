"""Requests served as text, page, JSON and CSV."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from bitline.report.page import html_of
from bitline.report.plots import serving as plots
from bitline.report.serving import headlines, page, summary, to_csv, to_json
from bitline.report.serving_grids import quantiles, server, times
from bitline.report.terminal import plain
from bitline.serving import Arrivals, Discipline, Served
from bitline.verbs.serve import Serving, Targets

HOSTILE = "</script><script>alert(1)</script>[bold]&amp;"


def made(name: str = "toy", room: float = float("inf"), refused: int = 1) -> Serving:
    count = 10
    arrivals = Arrivals(
        arrival_s=np.arange(count, dtype=float), prompt=np.full(count, 7), generate=np.arange(1, count + 1), source=name
    )
    let_in = arrivals.arrival_s + 0.5
    first, finish = let_in + 0.25, let_in + 0.25 + 0.1 * np.arange(count)
    for times_s in (let_in, first, finish):
        times_s[count - refused :] = np.nan
    served = Served(
        arrivals=arrivals, let_in_s=let_in, first_token_s=first, finish_s=finish, energy_j=np.full(count, 2.0),
        energy_low_j=np.full(count, 1.0), energy_high_j=np.full(count, 5.0), leakage_w=(1.0, 4.0, 6.0),
        start_s=0.0, end_s=10.0, idle_s=5.0, passes=3, put_off=0, running_request_s=4.0,
        most_held_tokens=9, room_tokens=room,
    )  # fmt: skip
    return Serving(
        model=name, chip=name, policy="sequential", discipline=Discipline(), targets=Targets(first_token_s=0.8),
        served=served, warnings=(name,),
    )  # fmt: skip


def test_numbers_by_hand():
    found = made()
    told = json.loads(to_json(found))
    assert told["quantiles"]["queueing"]["median"] == 0.5
    assert told["quantiles"]["first token"]["p99"] == 0.75
    assert told["quantiles"]["each further token"]["median"] == pytest.approx(0.1)
    assert told["good_fraction"] == pytest.approx(0.1), "one wants a single token, the others take 0.1 s for each"
    assert told["goodput_hz"] == pytest.approx(0.1)
    assert told["energy_per_request_j"] == pytest.approx((10 * 2 + 20) / 9)
    assert told["energy_per_request_low_j"] == pytest.approx((10 * 1 + 5 * 1) / 9)
    assert told["energy_per_request_high_j"] == pytest.approx((10 * 5 + 5 * 6) / 9)
    assert told["tokens_per_s"] == pytest.approx(45 / 10)
    assert told["room_tokens"] is None
    assert told["requests"]["refused"] == 1


def test_tables_say_the_same():
    text = plain(summary(made(room=1e6)))
    assert re.search(r"first token +750 ms +750 ms", text)
    assert re.search(r"room for +1.00 million tokens", text)
    assert re.search(r"nothing to do +50%", text)
    assert "0.1 requests/s" in text
    assert [row[0] for row in times(made().served).rows] == list(quantiles(made().served))
    assert ("room for", "no limit") in server(made()).rows


def test_lines_of_requests():
    lines = to_csv(made()).splitlines()
    assert lines[0].startswith("arrival_s,prompt,generate,queueing_s")
    assert lines[2].split(",")[:5] == ["1.0", "7", "2", "0.5", "0.75"]
    assert lines[10].split(",")[3:7] == ["", "", "", ""]
    assert lines[0].split(",")[7:] == ["energy_j", "energy_low_j", "energy_high_j"]
    assert lines[2].split(",")[7:] == ["2.0", "1.0", "5.0"]


def test_names_cannot_act():
    written = html_of(page(made(HOSTILE)))
    assert "<script>alert" not in written
    assert HOSTILE in plain(summary(made(HOSTILE))).replace("\n", "")


def test_nothing_served_is_still_a_page():
    found = made(refused=10)
    assert math.isnan(quantiles(found.served)["first token"][0])
    assert json.loads(to_json(found))["quantiles"]["first token"]["median"] is None
    assert html_of(page(found)).startswith("<!DOCTYPE html>")
    plain(summary(found))
    empty = replace(found, served=replace(found.served, start_s=0.0, end_s=0.0, idle_s=0.0))
    assert empty.goodput_hz == 0.0
    assert headlines(empty)


def test_plots_show_the_requests():
    share, each = plots.times(made())
    assert share.traces[0]["x"][0] == pytest.approx(750)
    assert share.traces[1]["x"][-1] == pytest.approx(500), "half a second until let in"
    assert [trace["name"] for trace in share.traces[:2]] == ["first token", "let in"]
    assert share.traces[2]["x"] == pytest.approx([800, 800])
    assert each.traces[0]["y"][-1] == pytest.approx(100)
    assert len(plots.over_time(made()).traces[0]["x"]) == 9
