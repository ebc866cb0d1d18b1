"""Tabulate predicted against published macros, and how a survey of macros is followed.

Run:    python tools/tabulate_macros.py [--survey SURVEY.csv]

Writes docs/tables/macros.json and what stands between the markers of docs/costs/macros.md. SURVEY.csv is the UIUC
benchmark of in-memory computing; without it the trend stays as it was, with it the picture of it is drawn anew.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bitline.reproduce import (
    SPREAD_COLUMNS,
    TREND_COLUMNS,
    Prediction,
    compare_survey,
    predictions,
    spread_lines,
    spreads,
    trend_lines,
    trends,
)  # fmt: skip
from bitline.reproduce.macro_lines import UNITS

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "docs" / "tables" / "macros.json"
PAGE = REPOSITORY / "docs" / "costs" / "macros.md"
PICTURE = REPOSITORY / "docs" / "images" / "costs" / "survey.svg"
COLUMNS = (
    "macro", "nm", "of", "figures", "published", "ours", "off", "from", "to", "alone", "inside", "S/C/A/F",
)  # fmt: skip
MODELLED = ", modelled"
"""A variant of a description that states no costs, where another one does."""
SORTS = ("efficiency", "density", "area")


def main() -> None:
    """Compute all figures, then write the table and the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--survey", type=Path)
    asked = parser.parse_args()
    found = [one for one in predictions() if one.sort in SORTS]
    table = tabulated(found) | {"trend": read()["trend"] if TABLE.exists() else {}}
    if asked.survey is not None:
        table["trend"] = drawn_trend(asked.survey)
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text(as_text(table), encoding="utf-8")
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), table), encoding="utf-8")


def read() -> dict[str, Any]:
    """Give the table as it was written."""
    written: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return written


def tabulated(found: Sequence[Prediction]) -> dict[str, Any]:
    """Give every figure, in SI units, and how far off each sort is."""
    return {"figures": [_figure(one) for one in found], "spreads": [list(row) for row in spread_lines(spreads(found))]}


def trend(survey: Path) -> dict[str, Any]:
    """Give how the rows of a survey are followed."""
    found = compare_survey(survey)
    rows = [list(row) for row in trend_lines(trends(found.points))]
    return {"rows": rows, "left_out": dict(found.left_out)}


def drawn_trend(survey: Path) -> dict[str, Any]:
    """Give the same, and draw its picture."""
    # matplotlib takes long to import, and tables do not need it.
    from drawings.macro_survey import scatter
    from drawings.style import draw

    print(draw(scatter(compare_survey(survey).points), PICTURE))
    return trend(survey)


def filled(page: str, table: dict[str, Any]) -> str:
    """Put the tables between the markers of the page."""
    for name, lines in pieces(table).items():
        head, start, rest = page.partition(f"<!-- {name} -->\n")
        _, end, tail = rest.partition(f"<!-- end of {name} -->\n")
        assert start, name
        assert end, name
        page = "".join((head, start, "".join(f"{line}\n" for line in lines), end, tail))
    return page


def pieces(table: dict[str, Any]) -> dict[str, list[str]]:
    """Make the lines of each table of the page."""
    groups = _groups(table["figures"])
    told = table["trend"]
    left_out = "; ".join(f"{count}: {reason}" for reason, count in told["left_out"].items())
    return {
        "macros": _grid(COLUMNS, [_row(group) for group in groups]),
        "errors": _grid(SPREAD_COLUMNS, table["spreads"]),
        "targets": ["", *_targets(table["figures"]), ""],
        "reasons": ["", *_reasons(table["figures"]), ""],
        "trend": [*_grid(TREND_COLUMNS, told["rows"]), f"Rows left out: {left_out}.", ""],
    }


def as_text(table: dict[str, Any]) -> str:
    """Write one line for each figure and each row."""
    rows = {
        "figures": table["figures"], "spreads": table["spreads"], "trend": table["trend"].get("rows", []),
    }  # fmt: skip
    lists = {
        name: ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in every) for name, every in rows.items()
    }
    left_out = json.dumps(table["trend"].get("left_out", {}), ensure_ascii=False)
    return (
        f'{{\n "figures": [\n{lists["figures"]}\n ],\n "spreads": [\n{lists["spreads"]}\n ],\n'
        f' "trend": {{"left_out": {left_out}, "rows": [\n{lists["trend"]}\n ]}}\n}}\n'
    )


def _figure(one: Prediction) -> dict[str, Any]:
    row, known = one.row, one.rests_on
    variant = MODELLED if "modelled" in row.conditions else ""
    return {
        "macro": one.macro + variant, "id": row.figure.id, "sort": one.sort, "node_nm": one.node_nm,
        "unit": row.figure.unit, "published": row.figure.value, "ours": _digits(row.ours), "low": _digits(row.ours_low),
        "high": _digits(row.ours_high), "off": _digits(one.factor), "alone": _digits(one.factor_alone),
        "status": row.status, "because": " ".join((row.figure.because or "").split()),
        "numbers": f"{known.stated}/{one.stated_costs}/{known.assumed}/{known.fitted}",
    }  # fmt: skip


def _digits(value: float | None) -> float | None:
    return None if value is None else float(f"{float(value):.6g}")


def _groups(figures: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    kept: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in figures:
        kept.setdefault((one["macro"], one["sort"]), []).append(one)
    return list(kept.values())


def _row(group: list[dict[str, Any]]) -> tuple[str, ...]:
    size, unit = UNITS[group[0]["unit"]]
    off = sorted(one["off"] for one in group)
    inside = sum(one["low"] <= one["published"] <= one["high"] for one in group)
    return (
        group[0]["macro"], f"{group[0]['node_nm']:g}", group[0]["sort"], str(len(group)),
        f"{_span([one['published'] / size for one in group])} {unit}", _span([one["ours"] / size for one in group]),
        _times(statistics.median(off)), _times(off[0]), _times(off[-1]),
        _times(statistics.median(one["alone"] for one in group)), str(inside),
        ", ".join(dict.fromkeys(one["numbers"] for one in group)),
    )  # fmt: skip


def _targets(figures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Say how many macros come near, by the median of their figures."""
    for sort, near in (("efficiency", 0.15), ("density", 0.2), ("area", 0.2)):
        medians = {group[0]["macro"]: statistics.median(one["off"] for one in group)
                   for group in _groups(figures) if group[0]["sort"] == sort}  # fmt: skip
        medians = {name: off for name, off in medians.items() if not name.endswith(MODELLED)}
        close = [name for name, off in medians.items() if abs(off - 1.0) <= near]
        far = [name for name, off in medians.items() if not 0.5 <= off <= 2.0]
        said = f"{len(close)} of {len(medians)} macros within {100 * near:.0f} %{_named(close)}"
        yield f"- **{sort}**: {said}; {len(far)} beyond a factor of two{_named(far)}."


def _named(names: Sequence[str]) -> str:
    return f" ({', '.join(names)})" if names else ""


def _reasons(figures: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Give what each macro's file says of its misses, reasons that only point at another figure left out."""
    for name in dict.fromkeys(one["macro"] for one in figures):
        why: dict[str, list[float]] = {}
        for one in figures:
            if one["macro"] == name and one["status"] == "missed" and not one["because"].startswith("as "):
                why.setdefault(f"{one['sort']}|{one['because']}", []).append(one["off"])
        for key, off in why.items():
            sort, because = key.split("|", 1)
            least, most = _times(min(off)), _times(max(off))
            yield f"- **{name}**, {sort} {least}{'' if least == most else f' to {most}'}: {because.rstrip('.')}."


def _grid(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [" | ".join(row) for row in (columns, ["---"] * len(columns), *rows)]
    return ["", *(f"| {line} |" for line in lines), ""]


def _span(values: list[float]) -> str:
    low, high = _short(min(values)), _short(max(values))
    return low if low == high else f"{low} to {high}"


def _short(value: float) -> str:
    return f"{value:.3g}" if value < 99.95 else f"{value:,.0f}"


def _times(factor: float) -> str:
    return f"x{factor:.2f}" if factor < 9.995 else f"x{factor:.1f}"


if __name__ == "__main__":
    main()
