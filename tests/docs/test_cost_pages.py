"""The pages of docs/costs: pictures are drawn by our own code, snippets are read, tables hold what the code holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bitline.costs import digital, leakage, special, stillmaker, technology, vector
from bitline.engines.kinds import engine_kinds
from bitline.hardware.document import Document
from bitline.hardware.reading import parse_chip
from bitline.hardware.yaml import parse_yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "costs"
PICTURES = ROOT / "docs" / "images" / "costs"
LARGEST_PICTURE_BYTES = 60_000
NAMES = ("technology", "logic", "sram", "functions", "dram", "links")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_its_picture_which_is_drawn_again_to_the_byte(pictures, name: str, tmp_path: Path) -> None:
    assert f"../images/costs/{name}.svg" in (PAGES / f"{name}.md").read_text()
    tool = pictures("draw_costs")
    one, two = (tool.draw(tool.DRAWINGS[name], tmp_path / file).read_bytes() for file in ("one.svg", "two.svg"))
    assert one == two
    assert (PICTURES / f"{name}.svg").stat().st_size < LARGEST_PICTURE_BYTES


def test_snippets_are_read() -> None:
    (snippet,) = re.findall(r"^```yaml\n(.*?)^```$", (PAGES / "functions.md").read_text(), re.MULTILINE | re.DOTALL)
    engine = parse_yaml(snippet, "snippet", "YAML").tree
    placement = [{"operators": ["*"], "engine": "one"}]
    tree = {"name": "one", "technology": {"node_nm": 22}, "engines": {"one": engine}, "placement": placement}
    assert parse_chip(Document(tree=tree), engine_kinds()).engines["one"].method == "table"  # type: ignore[attr-defined]


def test_tables_hold_what_the_code_holds() -> None:
    page = (PAGES / "technology.md").read_text()
    assert ", ".join(f"{volts:g}" for volts in (0.25, 0.35, 0.45)) in page
    assert technology.THRESHOLDS_V == (0.25, 0.35, 0.45)
    assert (technology.ALPHA, technology.SUBTHRESHOLD_V, technology.LOWEST_V) == (1.3, 0.047, 0.35)
    assert technology.EXPONENTS == (0.56, 0.67, 0.78)
    assert leakage.LOW_STANDBY_W_PER_M2 == (177.0, 25.6, 7.78, 24.1)
    assert (stillmaker.SUPPLIES_V[-1], stillmaker.SUPPLIES_V[0]) == (1.3, 0.7)
    page = (PAGES / "logic.md").read_text()
    for (_, old, new), (_, wide_old, wide_new) in digital.ANCHORS.values():
        assert f"{old * 1e12:g}, {wide_old * 1e12:g} pJ | {new * 1e12:g}, {wide_new * 1e12:g} pJ" in page
    page = (PAGES / "functions.md").read_text()
    for name in ("softmax", "layernorm", "rmsnorm", "gelu", "silu"):
        known = vector.FUNCTIONS[name]
        (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
        assert sum(map(int, re.findall(r"(\d+) addition", row))) == known.adds
        assert sum(map(int, re.findall(r"(\d+) product", row))) == known.multiplies + known.row_multiplies
    sizes = [int(special.entries(one, 11.0)) for one in ("exp", "reciprocal", "root")]
    assert f"tables of {sizes[0]}, {sizes[1]} and {sizes[2]} entries" in page
