"""What `use` brings along, what wins over it, and how it fails."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.hardware import library
from bitline.hardware.cell import Cell, Spread, Write
from bitline.hardware.provenance import facts
from bitline.hardware.reading import parse_chip_text

PLACE = "{technology: reram, bits: 2}"
PARTS = {
    "cell/base.yaml": """\
name: base
summary: a cell
technology: reram
bits: 2
g_max_siemens: 1.0e-4
read_noise: {sigma_fraction: 0.1, of: state}
write: {pulse_s: 1.0e-8, pulses: 3.0}
provenance:
  sources: {technology: "book", g_max_siemens: "page 1", read_noise: "page 2", write: "page 3"}
  assumptions: {bits: "assumption: two"}
  conflicts: {g_max_siemens: "twice that on page 9"}
""",
    "cell/derived.yaml": """\
name: derived
summary: another cell
use: base
bits: 3
write: {pulses: 5.0}
provenance:
  sources: {bits: "paper", write.pulses: "paper, table 2"}
""",
    "cell/ring.yaml": "name: ring\nsummary: round\nuse: round\n",
    "cell/round.yaml": "name: round\nsummary: ring\nuse: ring\n",
    "cell/dangling.yaml": "name: dangling\nsummary: to nowhere\nuse: nobody\n",
    "cell/broken.yaml": "name: broken\nsummary: wrong\ntechnology: reram\nbits: many\n",
    "spread/mild.yaml": """\
name: mild
summary: a spread
sigma_fraction: 0.02
provenance: {sources: {sigma_fraction: measured}}
""",
    "toy/whole.yaml": """\
name: whole
summary: an engine
kind: toy
cell: {use: base}
array: {rows: 64, columns: 32}
adc: {bits: 6}
provenance: {sources: {array: "figure 1", adc.bits: "figure 2", cell.bits: "figure 3"}}
""",
}


@pytest.fixture
def parts(tmp_path, monkeypatch):
    for name, text in PARTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    caches = (library.part_names, library.folders, library.part, library.technologies)
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    for cached in caches:
        cached.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


@pytest.fixture
def read(parts, chip_text, kinds):
    def with_cell(cell: str, more: str = ""):
        return parse_chip_text(chip_text.replace(PLACE, cell) + more, kinds, "chip.yaml")

    return with_cell


BASE = Cell(
    technology="reram",
    bits=2,
    g_max_siemens=1e-4,
    read_noise=Spread(sigma_fraction=0.1, of="state"),
    write=Write(pulse_s=1e-8, pulses=3.0),
)


def said(chip, name):
    return {fact.path.removeprefix("engines.wide.cell."): (fact.standing, fact.text) for fact in facts(chip)}[name]


def test_a_part_brings_its_fields_and_where_they_are_from(read):
    chip = read("{use: base}")
    assert chip.engines["wide"].cell == BASE
    assert said(chip, "g_max_siemens") == ("source", "page 1")
    assert said(chip, "bits") == ("assumption", "assumption: two")
    assert said(chip, "write.pulses") == ("source", "page 3")
    assert chip.provenance.conflicts == {"engines.wide.cell.g_max_siemens": "twice that on page 9"}


def test_fields_beside_it_win_and_lose_the_source_of_the_part(read):
    chip = read("{use: base, bits: 1, write: {pulses: 4.0, voltage_v: 2.0}}")
    assert chip.engines["wide"].cell.write == Write(pulse_s=1e-8, pulses=4.0, voltage_v=2.0)
    assert said(chip, "write.pulse_s") == ("source", "page 3")
    assert said(chip, "write.pulses")[0] == said(chip, "write.voltage_v")[0] == "unsourced"
    assert said(chip, "bits")[0] in ("default", "unsourced")


def test_what_the_chip_says_of_a_number_wins_over_the_part(read):
    chip = read("{use: base}", "provenance: {fitted: {engines.wide.cell.g_max_siemens: 'to figure 4'}}\n")
    assert said(chip, "g_max_siemens") == ("fitted", "to figure 4")
    assert "engines.wide.cell.g_max_siemens" not in chip.provenance.sources


def test_nothing_takes_a_block_of_the_part_away(read):
    assert read("{use: base, write: null}").engines["wide"].cell.write is None


def test_what_is_said_of_values_that_are_gone_goes_with_them(read):
    chip = read("{use: derived, write: null, g_max_siemens: 2e-4}")
    said_of = {path.removeprefix("engines.wide.cell.") for path in chip.provenance.sources}
    assert said_of == {"technology", "read_noise", "bits"}
    assert chip.provenance.conflicts == {}


def test_parts_use_parts(read):
    chip = read("{use: derived, g_max_siemens: 2e-4}")
    assert chip.engines["wide"].cell.bits == 3
    assert chip.engines["wide"].cell.g_max_siemens == 2e-4
    assert chip.engines["wide"].cell.write == Write(pulse_s=1e-8, pulses=5.0)
    assert said(chip, "bits") == ("source", "paper")
    assert said(chip, "write.pulses") == ("source", "paper, table 2")
    assert said(chip, "write.pulse_s") == ("source", "page 3")


def test_a_block_with_a_part_of_its_own_takes_the_place_of_the_whole_block(read):
    chip = read("{use: base, read_noise: {use: mild}}")
    assert chip.engines["wide"].cell.read_noise == Spread(sigma_fraction=0.02, of="range")
    assert said(chip, "read_noise.sigma_fraction") == ("source", "measured")


def test_a_whole_engine_may_be_a_part(parts, chip_text, kinds):
    start, end = chip_text.index("    kind: toy"), chip_text.index("memories:")
    for kind in ("", "    kind: toy\n"):
        use = f"{kind}    use: whole\n    array: {{rows: 96}}\n    cell: {{bits: 1}}\n"
        chip = parse_chip_text(chip_text[:start] + use + chip_text[end:], kinds, "chip.yaml")
        assert chip.engines["wide"].array.rows == 96
        assert chip.engines["wide"].array.columns == 32
        assert chip.engines["wide"].cell.bits == 1
        by_path = {fact.path: fact.text for fact in facts(chip)}
        assert by_path["engines.wide.array.columns"] == "figure 1"
        assert by_path["engines.wide.cell.g_max_siemens"] == "page 1"
        assert by_path["engines.wide.adc.bits"] == "figure 2"
        assert "figure" not in by_path["engines.wide.array.rows"] + by_path["engines.wide.cell.bits"]


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("{use: bass}", r"^chip.yaml:8: engines.wide.cell.use = 'bass' is not one of base, .* Nearest: 'base'\.$"),
        ("{use: dangling}", r"^\S+dangling.yaml:3: engines.wide.cell.use = 'nobody' is not one of "),
        (
            "{use: ring}",
            r"round.yaml:3: engines.wide.cell.use goes round in a circle: cell/ring > cell/round > cell/ring\.",
        ),
        ("{use: broken}", r"^\S+broken.yaml:4: engines.wide.cell.bits = 'many' is not a whole number in 1..32\.$"),
        ("{use: broken, bits: 64}", r"^chip.yaml:8: engines.wide.cell.bits = 64 is not a whole number in 1..32\."),
        ("{use: base, write: {puls_s: 1}}", r"^chip.yaml:8: engines.wide.cell.write.puls_s is not a known key"),
        ("{technology: reram, write: {use: base}}", r"engines.wide.cell.write.use is not a known key"),
    ],
)
def test_a_use_that_cannot_be_is_told_with_its_place(read, cell, sentence):
    with pytest.raises(ConfigError, match=sentence):
        read(cell)


def test_an_engine_part_that_does_not_exist(parts, chip_text, kinds):
    with pytest.raises(ConfigError, match=r"engines.wide.use = 'hole' is not one of whole. Nearest: 'whole'"):
        parse_chip_text(chip_text.replace("kind: toy", "kind: toy\n    use: hole"), kinds, "chip.yaml")
