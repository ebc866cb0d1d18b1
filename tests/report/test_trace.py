from __future__ import annotations

import json
from itertools import pairwise

import pytest

from bitline.report import save_trace
from bitline.report.trace import trace
from bitline.timeline import Event


def slices(found):
    return [event for event in found["traceEvents"] if event["ph"] == "X"]


def test_slices_of_one_unit_never_overlap(cost):
    found = slices(trace(cost))
    for track in {(one["pid"], one["tid"]) for one in found}:
        mine = sorted(
            (one for one in found if (one["pid"], one["tid"]) == track), key=lambda one: (one["ts"], one["dur"])
        )
        # Compared in whole nanoseconds, as they were rounded.
        for one, after in pairwise(mine):
            assert round(1000 * (one["ts"] + one["dur"])) <= round(1000 * after["ts"])


def test_every_event_is_there_with_its_unit_and_time(cost):
    found = trace(cost)
    names = {
        (one["pid"], one["tid"]): one["args"]["name"] for one in found["traceEvents"] if one["name"] == "thread_name"
    }
    assert len(slices(found)) == sum(len(phase.events) for phase in cost.phases)
    for pid, phase in enumerate(cost.phases, 1):
        ours = {
            (one["name"], names[pid, one["tid"]], round(1000 * one["ts"])) for one in slices(found) if one["pid"] == pid
        }
        assert ours == {(event.name, event.resource, round(1e9 * event.start_s)) for event in phase.events}


def test_rounding_keeps_touching_events_apart(cost, monkeypatch):
    edges = [0.4e-9 * n for n in range(9)]
    events = tuple(Event(f"e{n}", "unit", start, end) for n, (start, end) in enumerate(pairwise(edges)))
    monkeypatch.setattr("bitline.timeline.step.Timing.events", lambda _self: events)
    found = sorted(slices(trace(cost)), key=lambda one: (one["pid"], one["ts"], one["dur"]))
    for one, after in pairwise(one for one in found if one["pid"] == 1):
        assert round(1000 * (one["ts"] + one["dur"])) <= round(1000 * after["ts"])


def test_the_file_is_json(cost, tmp_path):
    save_trace(cost, tmp_path / "trace.json")
    read = json.loads((tmp_path / "trace.json").read_text())
    assert read["displayTimeUnit"] == "ms"
    assert {one["ph"] for one in read["traceEvents"]} == {"M", "X"}


@pytest.mark.parametrize("pid", [1, 2])
def test_phases_are_processes(cost, pid):
    names = [one for one in trace(cost)["traceEvents"] if one["name"] == "process_name" and one["pid"] == pid]
    assert [one["args"]["name"] for one in names] == [f"{cost.phases[pid - 1].name}: one of layers"]
