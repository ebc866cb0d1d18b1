"""The pages of docs/effects: snippets are read, fields exist, examples print what is shown, pictures are drawn."""

from __future__ import annotations

import re
import sys
import types
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from bitline.engines.crossbar import Crossbar
from bitline.engines.digital_cim import DigitalCim
from bitline.engines.gpu import Gpu
from bitline.engines.kinds import engine_kinds
from bitline.hardware import Chip
from bitline.hardware.document import Document
from bitline.hardware.reading import parse_chip
from bitline.hardware.table import with_columns
from bitline.hardware.yaml import parse_yaml
from bitline.systems import load_chip

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "effects").glob("*.md"))
PICTURES = ROOT / "docs" / "images" / "effects"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\S+\.yaml)\n")
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[+-]?\d+)?")
LARGEST_PICTURE_BYTES = 60_000

BASES = {
    "crossbar": {
        "kind": "crossbar", "cell": {"technology": "reram"}, "array": {"rows": 128, "columns": 128},
        "weight": {}, "input": {}, "adc": {},
    },
    "digital_cim": {"kind": "digital_cim", "rows": 32, "columns": 256, "clock_hz": 5.0e8},
}  # fmt: skip


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return [body for found, body in FENCE.findall(page.read_text()) if found == language]


def chip_of(snippet: str, folder: Path) -> Chip:
    """Read a snippet: a whole chip, or what stands under an engine's name."""
    if named := FILE.match(snippet):
        return load_chip(folder / named[1])
    written = with_columns(parse_yaml(snippet, "snippet", "YAML"), folder).tree
    engine = BASES[written.get("kind", "crossbar")] | written
    placement = [{"operators": ["*"], "engine": "one"}]
    tree = {"name": "one", "technology": {"node_nm": 22}, "engines": {"one": engine}, "placement": placement}
    return parse_chip(Document(tree=tree), engine_kinds())


def lay_out(page: Path, folder: Path) -> None:
    """Write the files that a page speaks of."""
    for snippet in blocks(page, "yaml"):
        if named := FILE.match(snippet):
            (folder / named[1]).write_text(snippet)
    for table in blocks(page, "none"):
        (folder / "device.csv").write_text(table)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_snippets_are_read(page: Path, tmp_path: Path):
    lay_out(page, tmp_path)
    for snippet in blocks(page, "yaml"):
        assert chip_of(snippet, tmp_path).engines


def test_a_wrong_snippet_is_refused(tmp_path: Path):
    with pytest.raises(Exception, match=r"adc\.bitz"):
        chip_of("adc: {bitz: 8}\n", tmp_path)


def held(kind: typing.Any) -> list[type]:
    """The dataclasses that a type hint lets stand in a field."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType, typing.Annotated, tuple):
        return [one for part in typing.get_args(kind) for one in held(part)]
    return [kind] if isinstance(kind, type) and is_dataclass(kind) else []


def exists(path: str) -> bool:
    """Say whether a dotted path names a field of a crossbar, a digital engine or a processor."""
    blocks_here: list[type] = [Crossbar, DigitalCim, Gpu]
    for step in path.split("."):
        owners = [one for one in blocks_here if step in {field.name for field in fields(one)}]
        if not owners:
            return False
        blocks_here = [below for one in owners for below in held(typing.get_type_hints(one)[step])]
    return True


def named_fields(page: Path) -> list[str]:
    """The fields in the first column of a page's tables of fields (in the second, in the overview)."""
    found: list[str] = []
    for table in re.findall(r"(?:^\|.*\n)+", page.read_text(), re.MULTILINE):
        head, _, *rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.strip().split("\n")]
        at = next((index for index, name in enumerate(head) if name in ("field", "fields")), None)
        found += [name for row in rows if at is not None for name in re.findall(r"`([^`]+)`", row[at])]
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_fields_exist(page: Path):
    names = named_fields(page)
    assert names
    assert [name for name in names if not exists(name)] == []


def test_a_wrong_field_is_found():
    assert exists("cell.programming_noise.sigma_fraction")
    assert exists("shared_exponent.values")
    assert not exists("cell.programming_noise.sigma")
    assert not exists("cells")


def test_every_page_is_listed_and_has_its_picture():
    index = (ROOT / "docs" / "effects" / "index.md").read_text()
    names = [page.stem for page in PAGES if page.stem != "index"]
    assert [name for name in names if f"\n{name}\n" not in index or f"({name}.md)" not in index] == []
    assert sorted(file.stem for file in PICTURES.glob("*")) == sorted(names)
    for page in PAGES:
        shown = re.findall(r"\]\((\.\./images/[^)]+)\)", page.read_text())
        assert len(shown) == (page.stem != "index")
        assert all((page.parent / one).is_file() for one in shown)
    assert max(file.stat().st_size for file in PICTURES.glob("*")) < LARGEST_PICTURE_BYTES


def alike(printed: str, shown: str) -> bool:
    """Say whether two texts have the same words, and numbers within two units of their last place or 2 %."""
    if NUMBER.sub("#", printed) != NUMBER.sub("#", shown):
        return False
    for one, other in zip(NUMBER.findall(printed), NUMBER.findall(shown), strict=True):
        last = 10.0 ** -len(other.partition(".")[2])
        if abs(float(one) - float(other)) > max(2.0 * last, 0.02 * abs(float(other))):
            return False
    return True


def test_alike_tells_words_and_numbers_apart():
    assert alike("a: 1.00", "a: 1.01")
    assert not alike("a: 1.00", "b: 1.00")
    assert not alike("a: 1.00", "a: 1.10")


def marks(page: Path) -> list[pytest.MarkDecorator]:
    return [pytest.mark.slow] if "load_checkpoint" in page.read_text() else []


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem, marks=marks(page)) for page in PAGES])
def test_examples_print_what_is_shown(page: Path, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    lay_out(page, tmp_path)
    (example,), (shown,) = blocks(page, "python"), blocks(page, "text")
    exec(compile(example, str(page), "exec"), {"__name__": "example"})
    printed = capsys.readouterr().out
    assert alike(printed, shown), printed


@pytest.fixture
def drawing(pictures) -> types.ModuleType:
    return pictures("draw_effects")


def test_every_page_has_a_drawing(drawing):
    assert sorted(drawing.DRAWINGS) == sorted(page.stem for page in PAGES if page.stem != "index")


def test_a_picture_is_drawn_again_to_the_byte(drawing, monkeypatch, tmp_path: Path):
    for folder in ("one", "two"):
        monkeypatch.setattr(sys, "argv", ["draw_effects.py", "write-verify", "--into", str(tmp_path / folder)])
        drawing.main()
    one, two = ((tmp_path / folder / "write-verify.svg").read_bytes() for folder in ("one", "two"))
    assert one == two
    assert b"pulses per cell" in one


def test_an_unknown_picture_is_refused(drawing, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["draw_effects.py", "wirez"])
    with pytest.raises(SystemExit):
        drawing.main()
    assert "'wirez'" in capsys.readouterr().err
