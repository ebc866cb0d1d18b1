"""Every part reads, every number in it has an origin, and every number is of the right order of magnitude."""

from __future__ import annotations

import math
from typing import Any

import pytest

from bitline.costs.memory import bit_energy
from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Array, Cell, Dac, Engine, Link, Memory, Technology
from bitline.hardware.document import Document
from bitline.hardware.field import fields_of
from bitline.hardware.library import folder_of, folders, part, part_names, technologies
from bitline.hardware.reference import unit_of
from bitline.hardware.schema import value_of
from bitline.hardware.using import with_parts

BLOCKS: dict[str, type] = {folder_of(block): block for block in (Adc, Array, Cell, Dac, Link, Memory)}
FILLING = {
    "link": {"between": ["a", "b"]},
    "memory": {"capacity_bytes": 1.0},
    "gpu": {"memory": "hbm", "dense_macs_per_s": {"fp16": 1.0}},
    "dram_pim": {"memory": "hbm", "channels": 1, "row_bytes": 1},
}
PARTS = [(folder, name) for folder in folders() for name in part_names(folder)]


def block_at(folder: str) -> type:
    """Give the class whose parts stand in a folder."""
    if folder in engine_kinds():
        return engine_kinds()[folder]
    blocks = {folder_of(block): block for kind in engine_kinds().values() for block in _below(kind)}
    return (blocks | BLOCKS)[folder]


def _below(block: type) -> list[type]:
    from bitline.hardware.field import block_of

    return [found for field in fields_of(block).values() if (found := block_of(field.holds))]


def complete(folder: str, name: str) -> dict[str, Any]:
    """Read a part with the parts it uses in turn."""
    block = Engine if folder in engine_kinds() else block_at(folder)
    tree = with_parts(Document(tree={"use": name}), block, engine_kinds()).tree
    return tree | {key: value for key, value in FILLING.get(folder, {}).items() if key not in tree}


def numbers(tree: Any, path: tuple[str, ...] = ()) -> dict[str, float]:
    if isinstance(tree, dict):
        below = [numbers(value, (*path, key)) for key, value in tree.items() if key != "provenance"]
        return {name: value for found in below for name, value in found.items()}
    return {".".join(path): tree} if isinstance(tree, int | float) and not isinstance(tree, bool) else {}


def test_the_library_is_not_empty_and_every_folder_holds_parts_of_a_known_block():
    assert len(PARTS) > 110
    for folder in folders():
        assert block_at(folder)
        assert part_names(folder)


@pytest.mark.parametrize(("folder", "name"), PARTS)
def test_every_part_makes_a_value(folder, name):
    tree = {key: value for key, value in complete(folder, name).items() if key not in ("provenance", "kind")}
    if folder not in engine_kinds() and "kind" in fields_of(block_at(folder)):
        tree["kind"] = complete(folder, name)["kind"]
    value, problems = value_of(block_at(folder), tree)
    assert not problems
    assert isinstance(value, block_at(folder))


@pytest.mark.parametrize(("folder", "name"), PARTS)
def test_every_part_says_what_it_is_and_where_each_number_is_from(folder, name):
    found = part(folder, name)
    assert found.name == name
    assert 10 < len(found.summary) < 120
    written = numbers(found.fields.tree)
    said = [path for section in ("sources", "assumptions", "fitted") for path in found.provenance.get(section, {})]
    for path in written:
        assert any(path == entry or path.startswith(f"{entry}.") for entry in said), f"{path} has no origin"
    # Choices, and numbers of a part in use, may have an origin too, but no entry may name what is not there.
    everything = _paths(complete(folder, name)) | set(fields_of(block_at(folder)))
    for section, entries in found.provenance.items():
        assert section in ("sources", "assumptions", "fitted", "conflicts")
        assert set(entries) <= everything, f"{section}: {set(entries) - everything}"


@pytest.mark.parametrize(("folder", "name"), PARTS)
def test_an_assumption_says_so_and_nothing_else_does(folder, name):
    provenance = part(folder, name).provenance
    assert all(text.startswith("assumption") for text in provenance.get("assumptions", {}).values())
    for text in provenance.get("sources", {}).values():
        assert "assumption" not in text
        assert any(tag in text for tag in ("stated", "second-hand", "computed", "recalled")), text


def _paths(tree: Any, path: tuple[str, ...] = ()) -> set[str]:
    own = {".".join(path)} if path else set()
    if isinstance(tree, dict):
        return own.union(*(_paths(value, (*path, key)) for key, value in tree.items()))
    return own


BANDS = {
    ("adc", "energy_per_conversion_j"): (0.05e-12, 50e-12),
    ("adc", "area_m2"): (200e-12, 5000e-12),
    ("adc", "rate_hz"): (1e5, 5e9),
    ("dac", "energy_per_pulse_j"): (1e-15, 1e-12),
    ("dac", "area_m2"): (0.1e-12, 1000e-12),
    ("array", "rows"): (32, 4096),
    ("array", "read_s"): (1e-9, 1e-6),
    ("cell", "bits"): (1, 8),
    ("cell", "g_max_siemens"): (1e-7, 2e-3),
    ("cell", "on_off_ratio"): (1.5, 1e8),
    ("cell", "read_voltage_v"): (0.01, 1.5),
    ("cell", "read_energy_j"): (1e-17, 1e-12),
    ("cell", "area_f2"): (3, 1500),
    ("cell", "write.pulse_s"): (0.5e-9, 1e-3),
    ("cell", "write.energy_j"): (0.5e-15, 100e-12),
    ("cell", "write.voltage_v"): (0.5, 15),
    ("cell", "endurance_writes"): (1e3, 1e16),
    ("link", "energy_per_bit_j"): (0.01e-12, 300e-12),
    ("memory", "dram.energy.activation_j"): (0.1e-9, 10e-9),
    ("memory", "dram.timing.trcd_s"): (5e-9, 50e-9),
    ("memory", "flash.read_s"): (1e-6, 1e-4),
    ("component", "energy_j"): (1e-18, 5e-12),
    ("gpu", "dense_macs_per_s.fp16"): (1e10, 5e15),
    ("gpu", "board_power_w"): (5, 1500),
}


@pytest.mark.parametrize(("folder", "path"), BANDS)
def test_values_are_of_the_right_order_of_magnitude(folder, path):
    low, high = BANDS[folder, path]
    found = {name: numbers(complete(folder, name)).get(path) for name in part_names(folder)}
    if folder == "gpu":
        found = {name: value for name, value in found.items() if name in part_names("memory")}
    given = {name: value for name, value in found.items() if value is not None}
    assert given, "the band is not about anything"
    assert all(low <= value <= high for value in given.values()), given


def test_dram_moves_a_bit_for_one_to_forty_picojoules_unless_the_board_pays():
    for name in part_names("memory"):
        tree = complete("memory", name)
        if "dram" in tree or (tree["kind"] == "dram" and tree.get("energy_level") != "board"):
            for write in (False, True):
                memory = value_of(Memory, {key: value for key, value in tree.items() if key != "provenance"})[0]
                assert 1e-12 <= bit_energy(name, memory, Technology(node_nm=22), write=write).typical <= 40e-12, name
        if tree.get("energy_level") == "board":
            assert tree["read_energy_per_bit_j"] == 0, name
            assert name in part_names("gpu"), "only a board whose power is charged as a whole gives bits away"


def test_a_gpu_balances_as_gpus_do():
    """Operations per byte of peak lie between 20 and 400 for every board with fast memory."""
    for name in part_names("gpu"):
        if name in part_names("memory"):
            macs = max(complete("gpu", name)["dense_macs_per_s"].values())
            assert 5 < 2 * macs / complete("memory", name)["bandwidth_bytes_per_s"] < 1000, name


def test_every_dram_standard_has_a_cost_model():
    from bitline.costs.dram import BIT_J

    for name in part_names("memory"):
        standard = complete("memory", name).get("standard")
        assert standard is None or standard in BIT_J


def test_derived_values_follow_from_what_their_source_text_says():
    cell = {name: numbers(complete("cell", name)) for name in part_names("cell")}
    for name, ohm in (
        ("reram-isaac", 1333),
        ("reram-neurram", 250e3),
        ("reram-neurosim", 6e3),
        ("mram-samsung", 13e3),
        ("ecram", 625e3),
    ):
        assert math.isclose(cell[name]["g_max_siemens"], 1 / ohm, rel_tol=1e-3)
    assert math.isclose(cell["reram-mnsim"]["area_f2"], 1.44 / 0.13**2, rel_tol=1e-3)
    assert math.isclose(8.52 * (1e-6 + cell["reram-neurram"]["write.verify_s"]), 56e-6, rel_tol=1e-2)
    adc = {name: numbers(complete("adc", name)) for name in part_names("adc")}
    assert math.isclose(adc["isaac-8b"]["energy_per_conversion_j"], 2e-3 / 1.2e9, rel_tol=1e-3)
    assert math.isclose(adc["jia-8b"]["rate_hz"], 8 / 1750e-9, rel_tol=1e-3)
    assert math.isclose(adc["puma-8b"]["energy_per_conversion_j"], 1.8e-3 * 100e-9 / 128, rel_tol=1e-6)
    memory = {name: numbers(complete("memory", name)) for name in part_names("memory")}
    assert math.isclose(memory["edram-isaac"]["read_energy_per_bit_j"], 20.45e-12 / 256, rel_tol=1e-3)
    assert math.isclose(memory["edram-puma"]["read_energy_per_bit_j"], 8.6e-3 * 2e-9 / 256, rel_tol=1e-6)


def test_technologies_are_those_that_cells_name():
    stated = {complete("cell", name)["technology"] for name in part_names("cell")}
    assert set(technologies()) == stated


def test_every_number_of_a_part_has_a_unit_or_counts_something():
    plain = {
        "bits",
        "rows",
        "columns",
        "per_array",
        "count",
        "on_off_ratio",
        "pulses",
        "parallel_cells",
        "multiprocessors",
        "outputs",
        "narrow_outputs",
        "vectors",
        "endurance_writes",
        "within_sigmas",
        "low",
        "high",
        "bank_groups",
        "banks_per_group",
        "banks",
        "ranks",
        "block_tokens",
        "products",
        "many_rows",
        "many_products",
        "one_token_rows",
        "lanes",
        "opened_together",
        "mac_reads",
        "result_bursts",
        "channels",
        "planes",
        "dies",
        "pages_per_block",
    }
    for folder, name in PARTS:
        for path in numbers(part(folder, name).fields.tree):
            leaf = path.split(".")[-1]
            assert leaf in plain or unit_of(leaf) or path.startswith("dense_macs_per_s."), (folder, name, path)


def test_a_new_technology_is_one_new_file(tmp_path, monkeypatch, chip_text, kinds):
    from bitline.errors import ConfigError
    from bitline.hardware import library
    from bitline.hardware.reading import parse_chip_text

    with pytest.raises(ConfigError, match="'spintronic' is not one of"):
        parse_chip_text(chip_text.replace("reram", "spintronic"), kinds)
    (tmp_path / "cell").mkdir()
    (tmp_path / "cell" / "mine.yaml").write_text("name: mine\nsummary: a new cell\ntechnology: spintronic\nbits: 1\n")
    monkeypatch.setattr(library, "FOLDER", tmp_path)
    for cached in (library.part_names, library.folders, library.part, library.technologies):
        cached.cache_clear()
    try:
        used = chip_text.replace("{technology: reram, bits: 2}", "{use: mine, bits: 2}")
        cell = parse_chip_text(used, kinds).engines["wide"].cell
        assert cell == Cell(technology="spintronic", bits=2)
        assert parse_chip_text(chip_text.replace("reram", "spintronic"), kinds)
    finally:
        monkeypatch.undo()
        for cached in (library.part_names, library.folders, library.part, library.technologies):
            cached.cache_clear()
