"""The page on processors: its table is what the package gives now."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "processors.md").read_text(encoding="utf-8")


def test_the_table_is_what_the_tool_writes(tools) -> None:
    tool = tools("tabulate_processors")
    assert tool.page_with(PAGE, tool.table()) == PAGE, "run tools/tabulate_processors.py"


def test_every_processor_has_a_row_and_no_miss_is_left_out() -> None:
    for name in ("R4090", "A100", "H100", "H200", "T4", "GTX", "JETSON"):
        assert re.search(rf"^\| {name}-", PAGE, re.MULTILINE), name
    assert "| missed |" in PAGE
