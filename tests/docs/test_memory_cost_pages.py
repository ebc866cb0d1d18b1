"""The pages on DRAM, flash and links: their tables hold what the parts come to, their pictures are our own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from bitline.costs import dram_commands, flash, link, memory
from bitline.hardware import Figure, Link, Memory, Technology
from bitline.hardware.library import part, part_names
from bitline.hardware.schema import value_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "costs"
AT_22 = Technology(node_nm=22)


def rows(page: str) -> dict[str, list[str]]:
    """Cells of each row that begins with parts of the library, by part; the last table that names it."""
    found: dict[str, list[str]] = {}
    for line in (PAGES / f"{page}.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            found |= dict.fromkeys(re.findall(r"`([\w-]+)`", cells[0]), cells[1:])
    return found


def described(folder: str, name: str, block: type, filling: dict[str, Any]) -> Any:
    value, problems = value_of(block, filling | dict(part(folder, name).fields.tree))
    assert not problems
    return value


def numbers(cell: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", cell)]


def agrees(told: float, found: float | None) -> bool:
    """Whether a number of a page is the one found, rounded to the digits it is told in."""
    return found is not None and (abs(told - found) <= 0.05 * found)


def in_pj(figure: Figure) -> tuple[float, float, float]:
    low = figure.typical if figure.low is None else figure.low
    high = figure.typical if figure.high is None else figure.high
    return low * 1e12, figure.typical * 1e12, high * 1e12


def test_every_dram_of_the_library_is_on_its_page_with_what_it_comes_to() -> None:
    page = rows("dram")
    for name in part_names("memory"):
        found = described("memory", name, Memory, {"capacity_bytes": 1.0})
        if found.kind != "dram" or found.energy_level == "board" or name == "hbm2-aquabolt":
            continue
        read, write, ends, standing, _ = page[name]
        reading, writing = (in_pj(memory.bit_energy("m", found, AT_22, write=w)) for w in (False, True))
        assert agrees(numbers(read)[0], reading[1]), name
        assert agrees(numbers(write)[0], writing[1]), name
        assert agrees(numbers(ends)[0], reading[0]), name
        assert agrees(numbers(ends)[1], reading[2]), name
        power_w = dram_commands.standing_power(found.dram).typical if found.dram else 0.0
        told = numbers(standing)[0] if numbers(standing) else 0.0
        scale = 1e3 if "mW" in standing else 1.0
        assert agrees(told, power_w * scale) or "not known" in standing, name


def test_links_come_to_what_their_page_says() -> None:
    page = rows("links")
    assert set(page) == set(part_names("link"))
    for name, (typical, ends, _) in page.items():
        found = in_pj(link.bit_energy(described("link", name, Link, {"between": ["a", "b"]}), AT_22))
        assert agrees(numbers(typical)[0], found[1]), name
        assert agrees(numbers(ends)[0], found[0]), name
        assert agrees(numbers(ends)[1], found[2]), name


def test_flash_comes_to_what_its_page_says() -> None:
    page = rows("flash")
    for name, cells in page.items():
        if name not in part_names("memory"):
            continue
        inside = described("memory", name, Memory, {"capacity_bytes": 1.0}).flash
        _, ways, read, write, rate = cells
        assert [float(one) for one in (inside.channels, inside.dies, inside.planes)] == numbers(ways)
        reading, writing = (in_pj(flash.bit_energy(inside, write=w)) for w in (False, True))
        assert all(agrees(told, reading[i]) for told, i in zip(numbers(read), (1, 0, 2), strict=True)), name
        assert all(agrees(told * 1e3, writing[i]) for told, i in zip(numbers(write), (1, 0, 2), strict=True)), name
        bytes_per_s = flash.bandwidth_bytes_per_s(inside).typical
        assert agrees(numbers(rate)[0] * (1e9 if "GB" in rate else 1e6), bytes_per_s), name
