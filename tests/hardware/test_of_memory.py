"""Numbers that an engine has from its memory: taken where they are left out, with what is said of them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from bitline.engines.kinds import engine_kinds
from bitline.errors import ConfigError
from bitline.hardware import chip_reference
from bitline.hardware.reading import checked, parse_chip
from bitline.systems import load_chip

DRAM = {
    "name": "small",
    "technology": {"node_nm": 22},
    "engines": {"banks": {"kind": "dram_pim", "memory": "store", "banks": 4}},
    "memories": {
        "store": {
            "kind": "dram", "capacity_bytes": 1e6, "count": 3,
            "dram": {"row_bytes": 512, "burst_bytes": 32, "banks_per_group": 4, "channels": 2},
        }
    },
    "placement": [{"operators": ["*"], "engine": "banks"}],
    "provenance": {
        "sources": {"memories.store.dram": "data sheet (stated)", "memories.store.dram.row_bytes": "computed: of 8"},
        "assumptions": {"memories.store.count": "assumption: three"},
        "conflicts": {"memories.store.dram.row_bytes": "another says 256"},
    },
}  # fmt: skip


def read(**sections: dict[str, Any]) -> Any:
    """The small chip with some of its engine, memory and provenance otherwise."""
    tree = deepcopy(DRAM)
    tree["engines"]["banks"] |= sections.get("engine", {})
    tree["memories"]["store"] |= sections.get("memory", {})
    tree["provenance"] |= sections.get("provenance", {})
    return parse_chip(tree, engine_kinds())


def test_what_is_left_out_is_the_memorys():
    banks = read().engines["banks"]
    assert (banks.row_bytes, banks.channels) == (512, 6)
    # One memory of one channel, if nothing else is said.
    alone = {"count": 1, "dram": {"row_bytes": 512, "burst_bytes": 32, "banks_per_group": 4}}
    assert read(memory=alone).engines["banks"].channels == 1
    assert read(engine={"channels": 2}).engines["banks"].channels == 2


def test_a_whole_block_is_taken():
    chip = load_chip("cambricon-llm-s")
    assert chip.engines["flash"].flash == chip.memories["nand"].flash
    assert load_chip("cambricon-llm-l").engines["flash"].flash.channels == 32


def test_what_is_said_of_a_number_comes_along():
    said = read().provenance
    assert said.sources["engines.banks.row_bytes"] == "computed: of 8"
    assert said.conflicts["engines.banks.row_bytes"] == "another says 256"
    # A product is as sure as its least sure number.
    assert said.assumptions["engines.banks.channels"] == "assumption: three"
    assert "engines.banks.channels" not in said.sources


def test_what_the_description_says_wins():
    own = {"engines.banks.channels": "paper (stated): six", "engines.banks.row_bytes": "paper (stated)"}
    said = read(provenance={"sources": {**DRAM["provenance"]["sources"], **own}}).provenance
    assert own.items() <= said.sources.items()
    assert "engines.banks.channels" not in said.assumptions
    assert "engines.banks.row_bytes" not in said.conflicts


def test_sources_of_a_block_stay_with_its_numbers():
    chip = load_chip("cambricon-llm-l")
    for path, text in chip.provenance.sources.items():
        if path.startswith("memories.nand.flash"):
            assert chip.provenance.sources[path.replace("memories.nand", "engines.flash")] == text


@pytest.mark.parametrize(
    "memory",
    [
        {"dram": None},
        {"dram": 3},
        {"dram": {"burst_bytes": 32, "banks_per_group": 4}},
        {"count": "two"},
        {"count": True},
    ],
)
def test_what_cannot_be_found_is_missing(memory):
    wanted = r"engines\.banks\.channels is missing" if "count" in memory else r"engines\.banks\.row_bytes is missing"
    with pytest.raises(ConfigError, match=wanted):
        read(memory=memory)


def test_an_engine_without_its_memory_says_what_is_missing():
    with pytest.raises(ConfigError, match=r"engines\.banks\.row_bytes is missing"):
        read(engine={"memory": "elsewhere"})
    with pytest.raises(ConfigError, match=r"engines\.banks\.memory"):
        read(engine={"memory": 3})


def test_a_provenance_that_is_none_is_still_refused():
    for wrong in ({"sources": "a book"}, {"sources": {"memories.store.count": 3}}):
        with pytest.raises(ConfigError, match="provenance"):
            read(provenance=wrong)


def test_a_chip_that_was_read_reads_again_as_itself():
    chip = read()
    assert checked(chip, engine_kinds()) == chip


def test_the_reference_says_where_it_is_taken_from():
    assert "| of its memory: `dram.channels` × `count` |" in chip_reference(engine_kinds())
