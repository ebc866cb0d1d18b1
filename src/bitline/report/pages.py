"""The page of any result."""

from __future__ import annotations

from pathlib import Path

from bitline.report import comparison, serving
from bitline.report.page import html_of, page
from bitline.report.result import Result
from bitline.report.saving import write_whole
from bitline.verbs.compare import Comparison
from bitline.verbs.serve import Serving


def save_report(result: Result | Comparison | Serving, path: str | Path) -> None:
    """Write the page of an estimate, a run, a comparison, or requests served.

    Raises DataError if the file cannot be written; then nothing is left of it.
    """
    match result:
        case Comparison():
            written = html_of(comparison.page(result))
        case Serving():
            written = html_of(serving.page(result))
        case _:
            written = page(result)
    write_whole(path, written)
