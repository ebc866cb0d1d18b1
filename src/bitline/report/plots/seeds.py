"""Accuracy of each chip: the same model programmed with different random errors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bitline.report.colours import CHANCE, FAINT, INK
from bitline.report.plots.plot import Plot, layout, value_axis

if TYPE_CHECKING:
    from bitline.verbs.run import Measured


def perplexity(measured: Measured) -> Plot:
    """Draw the perplexity of each seed against the digital model and, where known, the best possible."""
    seeds = [f"seed {seed}" for seed in measured.seeds]
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": seeds,
        "y": list(measured.perplexities),
        "marker": {"color": CHANCE, "size": 11},
        "customdata": [
            f"{seed}: perplexity {one.on_chip.perplexity:.5g}<br>same first choice {one.agreement_fraction:.1%}"
            for seed, one in zip(seeds, measured.accuracies, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
    }
    lines = {"digital": measured.digital_perplexity, "mean on chip": measured.perplexity_mean}
    if measured.floor_nats_per_token is not None:
        lines["best possible"] = math.exp(measured.floor_nats_per_token)
    low, high = min([*measured.perplexities, *lines.values()]), max([*measured.perplexities, *lines.values()])
    room = 0.25 * (high - low) or 0.01 * high
    return Plot(
        title="Perplexity by seed",
        note="Each seed is a chip of its own, with its own programming errors. Lower is better; the axis is cut.",
        traces=(trace,),
        layout=layout(
            xaxis={"type": "category", "tickfont": {"size": 12}, "showgrid": False, "range": [-0.6, len(seeds) - 0.4]},
            yaxis=value_axis("perplexity", rangemode="normal", range=[max(0.0, low - room), high + room]),
            shapes=[_line(value, name) for name, value in lines.items()],
            annotations=[_name(value, name) for name, value in lines.items()],
            margin={"l": 12, "r": 110, "t": 8, "b": 44},
        ),
    )


def agreement(measured: Measured) -> Plot:
    """Draw how often chip and digital model put the same token first."""
    seeds = [f"seed {seed}" for seed in measured.seeds]
    percent = [100.0 * one.agreement_fraction for one in measured.accuracies]
    trace = {
        "type": "bar",
        "x": seeds,
        "y": percent,
        "width": 0.35,
        "marker": {"color": CHANCE},
        "customdata": [
            f"{seed}: {value:.1f}%<br>divergence {one.divergence_nats_per_token:.3g} nats per token"
            for seed, value, one in zip(seeds, percent, measured.accuracies, strict=True)
        ],
        "hovertemplate": "%{customdata}<extra></extra>",
        "showlegend": False,
    }
    return Plot(
        title="Same first choice",
        note="Share of tokens for which the chip and the digital model find the same token most likely.",
        traces=(trace,),
        layout=layout(
            xaxis={"type": "category", "tickfont": {"size": 12}, "showgrid": False},
            yaxis=value_axis("%", range=[0, 100]),
        ),
    )


def _line(at: float, name: str) -> dict[str, object]:
    colour = CHANCE if name == "mean on chip" else INK if name == "digital" else FAINT
    return {
        "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "layer": "below",
        "line": {"color": colour, "width": 1.5, "dash": "dot"},
    }  # fmt: skip


def _name(at: float, name: str) -> dict[str, object]:
    return {
        "xref": "paper", "x": 1.0, "xanchor": "left", "xshift": 6, "y": at, "yanchor": "middle", "showarrow": False,
        "text": f"{name}<br>{at:.4g}", "align": "left", "font": {"size": 11, "color": FAINT},
    }  # fmt: skip
