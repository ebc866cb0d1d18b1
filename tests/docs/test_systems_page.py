"""The page that compares systems holds what the package gives now, with every system in every table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bitline.systems import chosen

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "systems.md").read_text(encoding="utf-8")


@pytest.fixture
def tool(tools):
    return tools("tabulate_systems")


def test_the_tables_are_what_the_tool_writes(tool):
    assert tool.page_with(PAGE) == PAGE, "run tools/tabulate_systems.py"


def test_a_number_that_changed_is_seen(tool):
    stale = re.sub(r"(\| h100 \| )[\d.]+ ms", r"\g<1>99.9 ms", PAGE)
    assert stale != PAGE
    assert tool.page_with(stale) == PAGE


def test_every_system_is_in_every_table(tool):
    for case in tool.CASES:
        table = PAGE.partition(tool.begin(case))[2].partition(tool.END)[0]
        results, _, foundations = table.partition(tool.BASIS)
        for name in chosen(["all"]):
            assert re.search(rf"^(\| )?{name} ", results, re.MULTILINE), (case, name)
            assert not foundations or f"\n| {name} |" in foundations, name
    assert PAGE.count(tool.BASIS) == 1
