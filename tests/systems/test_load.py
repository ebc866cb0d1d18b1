"""Chips are found by name, by file and by folder; what is not found says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitline.errors import ConfigError, DataError
from bitline.hardware.provenance import facts
from bitline.systems import chip_names, load_chip, system_names
from bitline.systems.load import FOLDER

SMALL = """\
name: mine
technology: {node_nm: 28}
engines:
  all: {kind: vector, lanes: 4, clock_hz: 1.0e9, products: true}
placement:
  - {operators: ["*"], engine: all}
"""


@pytest.mark.parametrize("name", chip_names())
def test_every_chip_loads_under_its_own_name(name: str) -> None:
    assert load_chip(name).name == name


@pytest.mark.parametrize("name", chip_names())
def test_every_number_of_every_chip_has_an_origin(name: str) -> None:
    assert [fact.path for fact in facts(load_chip(name)) if fact.standing == "unsourced"] == []


@pytest.mark.parametrize("system", system_names())
def test_every_system_is_a_folder_of_data_with_its_three_files(system: str) -> None:
    """Systems of one sort share the README.md of the folder they stand in."""
    found = {file.name for file in (FOLDER / system).iterdir()}
    assert {"chip.yaml", "published.yaml"} <= found
    assert "README.md" in found or ("/" in system and (FOLDER / system).parent.joinpath("README.md").is_file())
    assert {Path(name).suffix for name in found} <= {".yaml", ".md", ".json"}


def test_every_folder_is_a_system() -> None:
    sorts = {name.partition("/")[0] for name in system_names()}
    assert sorts == {file.name for file in FOLDER.iterdir() if file.is_dir() and file.name[0] != "_"}
    inside = {file.parent.relative_to(FOLDER).as_posix() for file in FOLDER.glob("*/*/published.yaml")}
    assert inside == {name for name in system_names() if "/" in name}


def test_a_name_gives_the_same_value_each_time() -> None:
    assert load_chip("xformer") is load_chip("xformer")


def test_a_processor_of_the_part_library_is_a_chip() -> None:
    chip = load_chip("h100-sxm")
    assert chip.engines["gpu"].memory in chip.memories


def test_a_system_wins_over_a_part_of_its_name() -> None:
    assert len([name for name in chip_names() if name == "gtx-1060"]) == 1
    assert "gddr5" in load_chip("gtx-1060").memories


def test_variants_are_named_after_their_system() -> None:
    assert "xformer/no-blocking" in chip_names()
    assert load_chip("xformer/no-blocking").schedule.policy == "sequential"
    assert load_chip("xformer").schedule.policy == "sequence_blocking"


def test_a_path_to_a_file_and_to_its_folder_give_the_same_chip(tmp_path: Path) -> None:
    (tmp_path / "chip.yaml").write_text(SMALL)
    assert load_chip(tmp_path) == load_chip(tmp_path / "chip.yaml") == load_chip(str(tmp_path))
    assert load_chip(tmp_path).name == "mine"


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"chip = 'xfromer' is not one of .*Nearest: 'xformer'\."):
        load_chip("xfromer")


@pytest.mark.parametrize("path", ["./none.yaml", "some/where.json", "/nowhere/chip"])
def test_a_path_that_does_not_exist_is_not_taken_for_a_name(path: str) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        load_chip(path)


def test_a_folder_without_a_chip_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a chip description .*folder without chip\.yaml"):
        load_chip(tmp_path)


def test_what_is_neither_name_nor_path_is_refused() -> None:
    with pytest.raises(ConfigError, match="chip = 3 is not a name or a path"):
        load_chip(3)  # type: ignore[arg-type]
