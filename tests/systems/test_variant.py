"""A variant says only what differs; the rest, with its sources, is that of the chip underneath."""

from __future__ import annotations

from pathlib import Path

import pytest

from bitline.errors import ConfigError
from bitline.hardware.provenance import facts
from bitline.systems import load_chip

BASE = """\
name: below
technology: {node_nm: 28}
engines:
  all: {kind: vector, lanes: 4, clock_hz: 1.0e9, products: true}
placement:
  - {operators: ["*"], engine: all}
provenance:
  sources: {engines.all: "a table", technology.node_nm: "a text"}
  conflicts: {speed: "twice"}
"""


@pytest.fixture
def variant(tmp_path: Path) -> Path:
    (tmp_path / "below.yaml").write_text(BASE)
    path = tmp_path / "above.yaml"
    path.write_text(
        "variant_of: below.yaml\nname: above\nengines: {all: {lanes: 8}}\n"
        "provenance: {fitted: {engines.all.lanes: 'to the table'}}\n"
    )
    return path


def test_only_what_is_named_changes(variant: Path) -> None:
    below, above = load_chip(variant.parent / "below.yaml"), load_chip(variant)
    assert (above.name, above.engines["all"].lanes) == ("above", 8)  # type: ignore[attr-defined]
    assert above.engines["all"].clock_hz == below.engines["all"].clock_hz  # type: ignore[attr-defined]
    assert above.placement == below.placement
    assert above.provenance.conflicts == below.provenance.conflicts


def test_the_source_of_a_changed_number_goes_and_the_others_stay(variant: Path) -> None:
    standing = {fact.path: (fact.standing, fact.text) for fact in facts(load_chip(variant))}
    assert standing["engines.all.lanes"] == ("fitted", "to the table")
    assert standing["engines.all.clock_hz"] == ("source", "a table")
    assert standing["technology.node_nm"] == ("source", "a text")


def test_a_changed_number_without_a_word_on_it_is_unsourced(variant: Path) -> None:
    variant.write_text("variant_of: below.yaml\nengines: {all: {lanes: 8}}\n")
    standing = {fact.path: fact.standing for fact in facts(load_chip(variant))}
    assert standing["engines.all.lanes"] == "unsourced"


def test_a_variant_of_a_named_system_may_lie_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "fewer.yaml"
    path.write_text("variant_of: default\nname: fewer\nengines: {weights: {hierarchy: {tiles: 3}}}\n")
    assert load_chip(path).engines["weights"].units == 192


def test_what_a_variant_varies_must_exist(variant: Path) -> None:
    variant.write_text("\nvariant_of: defualt\n")
    with pytest.raises(ConfigError, match=r"above\.yaml:2: variant_of = 'defualt' .*Nearest: 'default'"):
        load_chip(variant)


def test_variants_in_a_circle_are_refused(variant: Path) -> None:
    variant.write_text("variant_of: above.yaml\n")
    with pytest.raises(ConfigError, match="goes round in a circle"):
        load_chip(variant)


def test_an_error_in_a_variant_names_its_own_line(variant: Path) -> None:
    variant.write_text("variant_of: below.yaml\nname: x\nengines: {all: {lanes: -1}}\n")
    with pytest.raises(ConfigError, match=r"above\.yaml:3: engines\.all\.lanes = -1"):
        load_chip(variant)


def test_an_error_underneath_names_the_line_there(variant: Path) -> None:
    (variant.parent / "below.yaml").write_text(BASE.replace("lanes: 4", "lanez: 4"))
    with pytest.raises(ConfigError, match=r"below\.yaml:4: engines\.all\.lanez is not a known key"):
        load_chip(variant)


def test_an_engine_that_is_null_is_taken_out_with_what_was_said_of_it(variant: Path) -> None:
    (variant.parent / "below.yaml").write_text(
        BASE.replace("placement", "  spare: {kind: vector, lanes: 2, clock_hz: 1.0e9}\nplacement").replace(
            "engines.all: ", "engines.spare.lanes: 'a guess', engines.all: "
        )
    )
    variant.write_text("variant_of: below.yaml\nengines: {spare: null}\n")
    above = load_chip(variant)
    assert list(above.engines) == ["all"]
    assert "engines.spare.lanes" not in above.provenance.sources
