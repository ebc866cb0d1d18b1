"""What a command answers: files first, then one JSON object or tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

File = tuple[Path | None, Callable[[Path], object]]
"""A path, if one was asked for, and what writes there."""


def answer(
    files: Sequence[File], json: Callable[[], str] | None, tables: Callable[[], Iterable[RenderableType]]
) -> None:
    """Write the files that were asked for, then print: JSON and nothing else, or tables and what was written."""
    for path, write in files:
        if path is not None:
            write(path)
    if json is not None:
        print(json())
        return
    # rich is not needed for JSON.
    from bitline.report.terminal import show

    show(tables())
    for path, _ in files:
        if path is not None:
            print(f"written: {path}", file=sys.stderr)
