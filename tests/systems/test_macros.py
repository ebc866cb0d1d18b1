"""Published macros are described from stated facts alone, and every one is held against a printed efficiency."""

from __future__ import annotations

import pytest

from bitline.hardware.provenance import facts, tally
from bitline.reproduce import reproduce
from bitline.systems import chip_names, load_chip, load_published, system_names
from bitline.verbs.macro import macro

MACROS = tuple(name for name in system_names() if name.startswith("macros/"))
CHIPS = tuple(name for name in chip_names() if name.startswith("macros/"))
EFFICIENCY = "unit_ops_per_j"


def test_the_macros_of_the_literature_are_there() -> None:
    wanted = {"jia-2020", "sinangil-2021", "neurram", "wang-2022", "hermes-2021", "chih-2021", "fujiwara-2022",
              "papistas-2021", "tu-2022", "yan-2022", "diana-2022", "c3sram-2020"}  # fmt: skip
    assert wanted <= {name.removeprefix("macros/") for name in MACROS}


@pytest.mark.parametrize("name", CHIPS)
def test_nothing_is_fitted_and_every_number_has_an_origin(name: str) -> None:
    given = facts(load_chip(name))
    assert tally(given).fitted == 0
    assert [fact.path for fact in given if fact.standing == "unsourced"] == []


@pytest.mark.parametrize("name", CHIPS)
def test_every_source_says_how_sure_it_is(name: str) -> None:
    chip = load_chip(name)
    given = {fact.path: fact for fact in facts(chip) if fact.standing in ("source", "assumption")}
    untagged = [path for path, fact in given.items() if not fact.tag and "library" not in fact.text]
    assert untagged == []


@pytest.mark.parametrize("name", MACROS)
def test_every_macro_is_held_against_an_efficiency(name: str) -> None:
    figures = [figure for figure in load_published(name) if figure.metric == EFFICIENCY]
    assert figures
    assert any(figure.status != "untried" or figure.because for figure in figures)


@pytest.mark.parametrize("name", CHIPS)
def test_every_macro_has_an_energy_between_its_ends(name: str) -> None:
    found = macro(load_chip(name)).ops_per_j
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low <= found.typical <= found.high


@pytest.mark.parametrize("name", MACROS)
def test_stated_cycles_give_the_printed_throughput(name: str) -> None:
    """Counting is right: where it is not within a tenth, the figure says why."""
    for row in reproduce(name).rows:
        if row.figure.metric == "unit_ops_per_s" and row.error_fraction is not None:
            assert abs(row.error_fraction) < 0.2, row.figure.id
            assert row.status == "reached" or row.figure.because


def test_no_macro_states_a_part_that_is_a_share_of_its_printed_total() -> None:
    """Wang prints shares of the total alone, so its description holds no energy."""
    paths = {fact.path for fact in facts(load_chip("macros/wang-2022")) if fact.value is not None}
    assert not [
        path for path in paths if path.endswith(("energy_per_conversion_j", "energy_per_pulse_j", "read_energy_j"))
    ]
