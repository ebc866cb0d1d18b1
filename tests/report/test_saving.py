"""Files appear whole; what is no file is written as it is."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from bitline.errors import DataError
from bitline.report.saving import check_writable, write_whole


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    check_writable(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "told")
    reader.join()
    assert read == ["told"]
    assert pipe.is_fifo()
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_link_stays_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    file, link = tmp_path / "far" / "file", tmp_path / "link"
    file.write_text("before")
    link.symlink_to(file)
    write_whole(link, "after")
    assert link.is_symlink()
    assert file.read_text() == "after"


def test_what_stood_there_still_stands(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it is a folder"):
        write_whole(tmp_path, "told")
    assert list(tmp_path.iterdir()) == []
