"""Where each number is from: those of the description, and those that prices were worked out with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bitline.hardware import Fact, Figure, Tally
from bitline.report.grid import Grid, left, remark, right
from bitline.report.units import quantity

LONGEST_PATH = 48
"""Characters of a path in one line."""
UNITS = {"energy_j": "J", "latency_s": "s", "area_m2": "m²", "leakage_w": "W"}


def facts(given: Iterable[Fact]) -> Grid:
    """Every number of a description with its standing."""
    rows = tuple(
        (
            _folded(fact.path),
            written(fact.value),
            fact.tag if fact.standing == "source" and fact.tag else fact.standing,
            _text(fact),
        )
        for fact in given
    )
    return Grid(
        title="Numbers of the description",
        columns=(left("field"), right("value"), left("standing"), remark("from")),
        rows=rows,
    )


def _folded(path: str) -> str:
    """Break a path that would leave no room for the other columns, behind a dot."""
    at = path.rfind(".", 0, LONGEST_PATH) + 1
    return path if len(path) <= LONGEST_PATH or not at else f"{path[:at]}\n  {_folded(path[at:])}"


def counts(tally: Tally) -> str:
    """Say how much of a description rests on what."""
    parts = [
        f"{tally.stated} from a source" + (f" ({tally.recalled} recalled)" if tally.recalled else ""),
        f"{tally.assumed} assumed",
        f"{tally.fitted} fitted",
        f"{tally.defaults} left to defaults",
    ]
    disputed = f"; sources disagree on {tally.conflicts}" if tally.conflicts else ""
    return ", ".join(parts) + disputed


def standing(tally: Tally) -> Grid:
    """Count the numbers of a description by what they rest on."""
    rows = (
        ("stated by a source", f"{tally.stated}"),
        ("of these recalled, not looked up", f"{tally.recalled}"),
        ("assumed, with the reason or without a source", f"{tally.assumed}"),
        ("fitted to a published result", f"{tally.fitted}"),
        ("left to Bitline's defaults", f"{tally.defaults}"),
        ("on which sources disagree", f"{tally.conflicts}"),
    )
    return Grid(title="How much rests on what", columns=(left("numbers of the description"), right("count")), rows=rows)


def prices(figures: Iterable[tuple[str, Figure]]) -> Grid:
    """Every price with where it is from; those of parts left out as ideal only counted."""
    given = tuple(figures)
    origins = Counter(figure.origin for _, figure in given)
    rows = tuple(
        (name, _priced(name, figure.typical), _envelope(name, figure), figure.origin, figure.source)
        for name, figure in given
        if figure.origin != "ideal"
    )
    return Grid(
        title="Prices of components",
        columns=(left("price"), right("value"), right("range"), left("origin"), remark("from")),
        rows=rows,
        note=", ".join(f"{number} {origin}" for origin, number in sorted(origins.items())) + ".",
    )


def conflicts(said: Iterable[tuple[str, str]]) -> Grid | None:
    """Show where sources disagree."""
    rows = tuple(said)
    if not rows:
        return None
    return Grid(title="Sources that disagree", columns=(left("about"), remark("what they say")), rows=rows)


def written(value: object) -> str:
    """Write a value as a description would."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    return format(value, ".6g") if isinstance(value, float) else str(value)


def _text(fact: Fact) -> str:
    return f"{fact.text} (Disputed: {fact.conflict})" if fact.conflict and fact.conflict != fact.text else fact.text


def _priced(name: str, value: float) -> str:
    return quantity(value, UNITS[name.rpartition(".")[2]]) if not name.endswith("_m2") else f"{value * 1e12:,.4g} µm²"


def _envelope(name: str, figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return ""
    return f"{_priced(name, figure.low)} to {_priced(name, figure.high)}"
