"""Tables of the sheet of simulator outputs that stands beside the checkout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Row = dict[str, str]


@pytest.fixture(scope="session")
def sheet(shared: Path) -> Callable[..., list[Row]]:
    """Give the rows of the tables whose heads have all of some columns, each a cell by the name of its column."""
    path = shared / "papers" / "llm_sim_oracles.md"
    if not path.is_file():
        pytest.skip("no sheet of simulator outputs in shared/")
    tables: list[list[list[str]]] = [[]]
    for line in path.read_text().splitlines():
        if line.startswith("|"):
            tables[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif tables[-1]:
            tables.append([])

    def rows(*columns: str) -> list[Row]:
        found = []
        for head, _, *lines in (table for table in tables if table):
            if all(any(name in cell for cell in head) for name in columns):
                found += [dict(zip(head, line, strict=True)) for line in lines]
        return found

    return rows
