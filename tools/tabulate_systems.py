"""Write the tables of `docs/systems.md`. Run after any change, and when a system has come.

Each is what `bitline compare MODEL --on all --table FILE` writes; what the numbers rest on stands in the first alone.
"""

from __future__ import annotations

from pathlib import Path

from bitline import Request, compare
from bitline.report.comparison import markdown

PAGE = Path(__file__).resolve().parents[1] / "docs" / "systems.md"
CASES = {
    "llama-2-7b": ("llama-2-7b", Request(prompt=512, generate=128)),
    "llama-2-7b, a batch": ("llama-2-7b", Request(batch=32, prompt=1024, generate=128)),
    "bert-base-uncased": ("bert-base-uncased", Request(prompt=512)),
}
BASIS = "**What the numbers rest on**"
END = "<!-- end of the table -->\n"


def begin(case: str) -> str:
    """Give the mark before the table of a case."""
    return f"<!-- {case} on all systems -->\n"


def page_with(text: str) -> str:
    """Put the tables as they are now between the marks of a page."""
    for place, (case, (model, request)) in enumerate(CASES.items()):
        before, mark, rest = text.partition(begin(case))
        after = rest.partition(END)[2]
        table = markdown(compare(model, ["all"], request))
        shown = table.partition(BASIS)[0].rstrip() + "\n" if place else table
        text = f"{before}{mark}\n{shown}\n{END}{after}"
    return text


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
