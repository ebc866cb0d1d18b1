"""Write the table of processors in `docs/processors.md`: what was published, ours, the error. Run after any change."""

from __future__ import annotations

from pathlib import Path

from bitline.reproduce import reproduce

PAGE = Path(__file__).resolve().parents[1] / "docs" / "processors.md"
BEGIN, END = "<!-- table of processors -->\n", "<!-- end of the table -->\n"
SYSTEMS = ("rtx-4090", "a100", "h100", "h200", "t4", "gtx-1060", "jetson-nano")
HEAD = ("| figure | what | published | ours | error | status |", "| --- | --- | --- | --- | --- | --- |")


def rows() -> list[str]:
    """Give one line for each figure of each processor."""
    found = []
    for system in SYSTEMS:
        for row in reproduce(system).rows:
            figure, error = row.figure, row.error_fraction
            low = "" if figure.low is None else f"{figure.low:.4g} to "
            ours = "" if row.ours is None else f"{row.ours:.4g}"
            cells = (figure.id, figure.says, f"{low}{figure.value:.4g} {figure.unit}".removesuffix(" 1"), ours)
            told = "" if error is None else f"{round(100 * error, 1) or 0.0:+.1f} %"
            found.append("| " + " | ".join((*cells, told, row.status)) + " |")
    return found


def table() -> str:
    """Give the whole table."""
    return "\n".join([*HEAD, *rows()]) + "\n"


def page_with(text: str, new: str) -> str:
    """Put a table between the marks of the page."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + new + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
