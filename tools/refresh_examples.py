"""Run the commands of README and docs (or of the pages given) again and put what they print below them.

A command that shows lines up to `...` gets as many lines as it had, one that shows `...` alone the first few, and one
that shows nothing goes on showing nothing.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
FIRST_PART = 14
"""Lines that a command shows if it said only `...`."""
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def refreshed(page: str) -> str:
    """Give the page with every shown output replaced."""
    return BLOCK.sub(lambda block: f"```console\n{_block(block.group(1))}```", page)


def _block(body: str) -> str:
    parts = [part.rstrip("\n").split("\n") for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]]
    return "".join(f"$ {line}\n{_shown(line, shown)}" for line, *shown in parts)


def _shown(line: str, shown: list[str]) -> str:
    if not any(one.strip() for one in shown):
        return ""
    printed = _printed(line)
    lines = FIRST_PART if shown == ["..."] else len(shown) - (shown[-1] == "...")
    kept = printed[:lines] if shown[-1] == "..." else printed
    return "".join(f"{one}\n" for one in (*kept, *(["..."] if len(kept) < len(printed) else [])))


def _printed(line: str) -> list[str]:
    program = [sys.executable, "-c", "from bitline.cli import main; main()", *shlex.split(line)[1:]]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(program, capture_output=True, text=True, cwd=folder, check=True)
    return [one.rstrip() for one in done.stdout.splitlines()]


for path in [Path(name).resolve() for name in sys.argv[1:]] or PAGES:
    path.write_text(refreshed(path.read_text(encoding="utf-8")), encoding="utf-8")
