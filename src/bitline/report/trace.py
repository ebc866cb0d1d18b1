"""The timeline of one layer in the trace format that Perfetto and chrome://tracing open.

One process per phase, one thread per unit. Viewers drop slices that overlap on a thread without a word, so times
are rounded to whole nanoseconds first: rounding keeps their order, and what did not overlap still does not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bitline.report.result import Result, cost_of
from bitline.report.saving import write_whole
from bitline.verbs.outcome import PhaseCost


def save_trace(result: Result, path: str | Path) -> None:
    """Write the timeline of one layer in each phase. Raises DataError if the file cannot be written."""
    write_whole(path, json.dumps(trace(result), ensure_ascii=False))


def trace(result: Result) -> dict[str, Any]:
    """Give the trace as plain values."""
    estimate = cost_of(result)
    events = [event for pid, phase in enumerate(estimate.phases, 1) for event in _phase(pid, phase)]
    about = {"model": estimate.model, "chip": estimate.chip, "policy": estimate.policy}
    return {"displayTimeUnit": "ms", "otherData": about, "traceEvents": events}


def _phase(pid: int, phase: PhaseCost) -> list[dict[str, Any]]:
    threads = {name: tid for tid, name in enumerate(sorted({event.resource for event in phase.events}), 1)}
    names = [_name("process_name", pid, 0, f"{phase.name}: one of {phase.layer}")]
    names += [_name("thread_name", pid, tid, unit) for unit, tid in threads.items()]
    slices = []
    for event in phase.events:
        start_ns, end_ns = round(event.start_s * 1e9), round(event.end_s * 1e9)
        slices.append(
            {
                "name": event.name,
                "cat": phase.name,
                "ph": "X",
                "pid": pid,
                "tid": threads[event.resource],
                # The format counts in microseconds.
                "ts": start_ns / 1000,
                "dur": (end_ns - start_ns) / 1000,
            }
        )
    return names + sorted(slices, key=lambda one: (one["tid"], one["ts"]))


def _name(kind: str, pid: int, tid: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": pid, "tid": tid, "args": {"name": name}}
