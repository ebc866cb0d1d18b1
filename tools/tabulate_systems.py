"""Write the tables of `docs/systems.md`. Run after any change, and when a system has come.

Each is what `bitline compare MODEL --on all --table FILE` writes.
"""

from __future__ import annotations

from pathlib import Path

from bitline import compare
from bitline.report.comparison import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "systems.md"
MODELS = ("llama-2-7b", "bert-base-uncased")


def begin(model: str) -> str:
    """Give the mark before the table of a model."""
    return f"<!-- {model} on all systems -->\n"


END = "<!-- end of the table -->\n"


def page_with(text: str) -> str:
    """Put the tables as they are now between the marks of a page."""
    for model in MODELS:
        before, mark, rest = text.partition(begin(model))
        after = rest.partition(END)[2]
        text = f"{before}{mark}\n{markdown(compare(model, ['all']))}\n{END}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
