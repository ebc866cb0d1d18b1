"""What every command that has a result does with it: print it, and write the files that were asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bitline.report.result import Result


def check_files(*paths: Path | None) -> None:
    """Refuse files that cannot be written, or are asked for twice, before any work is done for them."""
    from bitline.errors import unwritable
    from bitline.report.saving import check_writable

    asked = [path for path in paths if path is not None]
    for place, path in enumerate(asked):
        if path.resolve() in [other.resolve() for other in asked[:place]]:
            raise unwritable(path, "another result goes there")
        check_writable(path)


def give(result: Result, *, json: bool, report: Path | None, trace: Path | None) -> None:
    """Write the files, then print the result."""
    # A command's own help needs none of these, and only a page needs plots.
    from bitline.report.answer import answer
    from bitline.report.export import to_json
    from bitline.report.table import summary

    def write_report(path: Path) -> None:
        from bitline.report.pages import save_report

        save_report(result, path)

    def write_trace(path: Path) -> None:
        from bitline.report.trace import save_trace

        save_trace(result, path)

    answer(
        [(report, write_report), (trace, write_trace)],
        (lambda: to_json(result)) if json else None,
        lambda: summary(result),
    )
