"""A bar on stderr for work that takes longer than a moment; gone when the work is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOMENT_S = 2.0


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Lend a function that is told the stage, how much of it is done, and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,}"),
        TimeElapsedColumn(), console=Console(stderr=True), transient=True,
    )  # fmt: skip
    task = bar.add_task("", total=1)
    began_s = time.monotonic()

    def tell(stage: str, done: int, of: int) -> None:
        if not bar.live.is_started and time.monotonic() - began_s > MOMENT_S:
            bar.start()
        bar.update(task, description=stage, completed=done, total=of)

    try:
        yield tell
    finally:
        bar.stop()
