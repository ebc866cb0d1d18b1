"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bitline.errors import unwritable


def check_writable(path: str | Path) -> None:
    """Find out now whether a file could be written there later; nothing is left behind.

    Raises DataError if not.
    """
    with _beside(Path(path)):
        pass


def write_whole(path: str | Path, text: str) -> None:
    """Write a text under a passing name beside its place, then move it there in one step.

    Raises DataError where that cannot be done; what stood there before then still stands.
    """
    target = Path(path)
    with _beside(target) as passing:
        try:
            passing.write_text(text, encoding="utf-8")
            passing.chmod(0o666 & ~_umask())
            os.replace(passing, target)
        except OSError as error:
            raise unwritable(target, error.strerror or str(error)) from None


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Lend a file of a passing name in the folder of `target`, made if it is not there."""
    if target.is_dir():
        raise unwritable(target, "it is a folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise unwritable(target, error.strerror or str(error)) from None
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
