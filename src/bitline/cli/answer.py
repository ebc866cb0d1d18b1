"""What every command that has a result does with it: print it, and write the files that were asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bitline.report.result import Result


def check_files(*paths: Path | None) -> None:
    """Refuse files that cannot be written, before any work is done for them."""
    from bitline.report.saving import check_writable

    for path in paths:
        if path is not None:
            check_writable(path)


def give(result: Result, *, json: bool, report: Path | None, trace: Path | None) -> None:
    """Write the files, then print the result."""
    if report is not None:
        from bitline.report.pages import save_report

        save_report(result, report)
    if trace is not None:
        from bitline.report.trace import save_trace

        save_trace(result, trace)
    if json:
        from bitline.report.export import to_json

        print(to_json(result))
        return
    from bitline.report.table import summary
    from bitline.report.terminal import show

    show(summary(result))
    for path in (report, trace):
        if path is not None:
            print(f"written: {path}", file=sys.stderr)
