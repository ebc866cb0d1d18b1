"""Every block of Python and every command in the documentation runs, and what is shown is what is printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from examples import PAGES, Command, commands_of, python_of

CASES = [(page, command) for page in PAGES for command in commands_of(page)]
ENVIRONMENT = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


def masked(line: str) -> str:
    """A line without its numbers, prefixes of units and spacing, which may change with a better model or price."""
    line = re.sub("─+", "─", line)
    return re.sub(
        r"\s+", " ", re.sub(r"[<+−-]?[\d.,]+(?:e[+-]?\d+)?\s?(?:[afpnµmkMGTPE](?=[A-Zst/]))?", "#", line)
    ).strip()


def slow_if(heavy: object) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if heavy else []


@pytest.mark.parametrize(
    ("page", "command"),
    [
        pytest.param(page, command, marks=slow_if("bitline run" in command.line and "--help" not in command.line),
                     id=f"{page.stem}: {command.line}")
        for page, command in CASES
    ],
)  # fmt: skip
def test_commands(page: Path, command: Command, tmp_path):
    words = shlex.split(command.line)
    assert words[0] == "bitline"
    program = [sys.executable, "-c", "from bitline.cli import main; main()", *words[1:]]
    done = subprocess.run(program, capture_output=True, text=True, cwd=tmp_path, env=ENVIRONMENT, check=False)
    assert done.returncode == 0, done.stderr
    printed = {masked(line) for line in (done.stdout + done.stderr).splitlines()}
    assert [line for line in command.shown if line.strip() not in ("", "...") and masked(line) not in printed] == []


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=slow_if(re.search(r"\bdeploy\b|\brun\(", python_of(page))), id=page.stem)
        for page in PAGES
        if python_of(page)
    ],
)
def test_python(page: Path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", python_of(page)], capture_output=True, text=True, cwd=tmp_path,
        env=ENVIRONMENT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_there_is_something_to_run():
    assert len(CASES) > 5
    assert sum(bool(python_of(page)) for page in PAGES) >= 2


def test_masking_keeps_words():
    assert masked("energy    372 µJ  0.161–1.12 mJ") == masked("energy  41.6 µJ   1.0–2 mJ")
    assert masked("waits for  weights.adc") != masked("waits for  functions.lane")
