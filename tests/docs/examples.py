"""Code blocks of the documentation: Python, and commands with what they printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """One command and the lines that the page shows of its output."""

    line: str
    shown: tuple[str, ...]


def python_of(page: Path) -> str:
    """All Python of a page, one block after another."""
    return "\n".join(body for language, body in FENCE.findall(page.read_text()) if language == "python")


def commands_of(page: Path) -> list[Command]:
    """All commands of a page."""
    found = []
    for language, body in FENCE.findall(page.read_text()):
        if language == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                line, *shown = part.rstrip("\n").split("\n")
                found.append(Command(line, tuple(shown)))
    return found
