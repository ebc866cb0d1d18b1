"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from pathlib import Path

from bitline.errors import unwritable


def check_writable(path: str | Path) -> None:
    """Find out now whether a file could be written there later; nothing is left behind.

    Raises DataError if not.
    """
    target = Path(path)
    if not _is_stream(target):
        with _beside(target.resolve()):
            pass
    elif not os.access(target, os.W_OK):
        raise unwritable(target, os.strerror(EACCES))


def write_whole(path: str | Path, text: str) -> None:
    """Write a text under a passing name beside its place, then move it there in one step.

    A link stays, and what it leads to is written; a device or a pipe is written as it is. Raises DataError where that
    cannot be done; what stood there before then still stands.
    """
    target = Path(path)
    if _is_stream(target):
        try:
            target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise unwritable(target, error.strerror or str(error)) from None
        return
    target = target.resolve()
    with _beside(target) as passing:
        try:
            passing.write_text(text, encoding="utf-8")
            passing.chmod(0o666 & ~_umask())
            os.replace(passing, target)
        except OSError as error:
            raise unwritable(target, error.strerror or str(error)) from None


def _is_stream(target: Path) -> bool:
    """Say whether there is something that is neither a file nor a folder: a device, a pipe."""
    return target.exists() and not target.is_file() and not target.is_dir()


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
