"""A bar on stderr for work that takes longer than a moment; gone when the work is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MOMENT_S = 2.0


@contextmanager
def shown() -> Iterator[Callable[[str, int, int], None]]:
    """Lend a function that is told the stage, how much of it is done, and of how much."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,} of {task.total:,}"),
        TimeElapsedColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    )  # fmt: skip
    task = bar.add_task("", total=1)

    def tell(stage: str, done: int, of: int) -> None:
        bar.update(task, description=stage, completed=done, total=of)

    later = threading.Timer(MOMENT_S, bar.start)
    later.start()
    try:
        yield tell
    finally:
        later.cancel()
        later.join()
        if bar.live.is_started:
            bar.stop()
