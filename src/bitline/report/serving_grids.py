"""Tables of requests served."""

from __future__ import annotations

import math

from bitline.report.grid import Grid, left, right
from bitline.report.units import count, duration, quantity, share
from bitline.serving import Served
from bitline.verbs.serve import Serving

QUANTILES = (0.5, 0.9, 0.95, 0.99)
QUANTILE_NAMES = ("median", "p90", "p95", "p99")


def quantiles(served: Served) -> dict[str, tuple[float, ...]]:
    """Give the quantiles of what a request waits for and costs."""
    values = {
        "queueing": served.queueing_s, "first token": served.time_to_first_token_s,
        "each further token": served.time_per_token_s, "whole request": served.latency_s,
        "energy": served.energy_j,
    }  # fmt: skip
    values["energy"] = values["energy"][served.done]
    return {name: served.quantiles(one, QUANTILES) for name, one in values.items()}


def times(served: Served) -> Grid:
    """Make a table of quantiles over the requests."""
    rows = []
    for name, values in quantiles(served).items():
        cells = [quantity(value, "J") if name == "energy" else duration(value) for value in values]
        rows.append((name, *("" if math.isnan(v) else cell for v, cell in zip(values, cells, strict=True))))
    return Grid(
        title="Requests",
        columns=(left("per request"), *(right(name) for name in QUANTILE_NAMES)),
        rows=tuple(rows),
        note="Times count from the arrival; energy is a request's share in its passes, idle times left out.",
    )


def server(found: Serving) -> Grid:
    """Make a table of what the server did."""
    served = found.served
    asked = f"{served.arrivals.rate_hz:.3g} requests/s" if math.isfinite(served.arrivals.rate_hz) else "all at once"
    room = "no limit" if math.isinf(served.room_tokens) else f"{count(served.room_tokens)} tokens"
    idle = share(served.idle_s / served.span_s) if served.idle_s else "0%"
    rows = (
        ("requests come", asked), ("served", f"{served.requests_per_s:.3g} requests/s"),
        ("refused", f"{served.refused:,}"), ("from first arrival to last token", duration(served.span_s)),
        ("nothing to do", idle), ("passes", f"{served.passes:,}"),
        ("requests making tokens, mean", f"{served.mean_running:.3g}"),
        ("keys and values held, most", f"{served.most_held_tokens:,} tokens"), ("room for", room),
        ("requests that lost theirs", f"{served.put_off:,}"), ("energy", quantity(served.total_j, "J")),
    )  # fmt: skip
    return Grid(title="Server", columns=(left("what"), right("value")), rows=rows)
