"""Where numbers are from: the closest entry counts, and what nobody vouches for is said to be so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.hardware import Provenance
from bitline.hardware.provenance import facts, tally


def by_path(chip, **sections):
    return {fact.path: fact for fact in facts(replace(chip, provenance=Provenance(**sections)))}


def test_every_number_is_a_fact_once(chip):
    given = facts(chip)
    assert len({fact.path for fact in given}) == len(given)
    assert {
        "engines.wide.array.rows",
        "engines.wide.cell.bits",
        "memories.store.capacity_bytes",
        "technology.node_nm",
    } <= {fact.path for fact in given}
    assert all(isinstance(fact.value, int | float) and not isinstance(fact.value, bool) for fact in given)


def test_a_number_without_a_source_counts_as_an_assumption(chip):
    found = by_path(chip)
    assert found["engines.wide.array.rows"].standing == "unsourced"
    assert found["engines.wide.array.rows"].assumed
    assert "assumption" in found["engines.wide.array.rows"].text


def test_what_is_not_given_stands_by_default(chip):
    found = by_path(chip)
    assert found["technology.temperature_k"].standing == "default"
    assert found["engines.wide.adc.per_array"].standing == "default"
    assert found["engines.wide.weight.bits"].standing == "default", "the engine's own default is one as well"
    assert not found["technology.temperature_k"].assumed


def test_the_closest_entry_counts(chip):
    found = by_path(
        chip,
        sources={"engines.wide": "the paper", "engines.wide.array.rows": "table 1"},
        assumptions={"engines.wide.cell": "like others"},
        fitted={"engines.wide.array.columns": "to figure 3"},
    )
    assert (found["engines.wide.array.rows"].standing, found["engines.wide.array.rows"].text) == ("source", "table 1")
    assert found["engines.wide.clock_hz"].text == "the paper"
    assert found["engines.wide.cell.bits"].standing == "assumption"
    assert found["engines.wide.array.columns"].standing == "fitted"
    assert found["technology.node_nm"].standing == "unsourced", "a path covers what is below it and nothing else"


def test_a_path_covers_whole_steps_only(chip):
    assert by_path(chip, sources={"engines.wid": "x"})["engines.wide.array.rows"].standing == "unsourced"


def test_conflicts_go_along_and_stand_alone_where_nothing_else_is_said(chip):
    conflicts = {"engines.wide.array.rows": "256 elsewhere", "technology": "two nodes named", "speedup": "85 or 70"}
    found = by_path(chip, conflicts=conflicts, sources={"engines.wide.array.rows": "table 1"})
    rows = found["engines.wide.array.rows"]
    assert (rows.standing, rows.text, rows.conflict) == ("source", "table 1", "256 elsewhere")
    assert (found["technology.node_nm"].standing, found["technology.node_nm"].conflict) == (
        "conflict",
        "two nodes named",
    )


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("table 2 (recalled)", "recalled"),
        ("assumption: as others", "assumption"),
        ("Second-hand: notes", "second-hand"),
        ("computed from 3 pJ", "computed"),
        ("CiMLoop (stated)", "stated"),
        ("table 2", ""),
        ("recomputedly unstated", ""),
    ],
)
def test_tags_written_in_a_source_survive(chip, text, tag):
    fact = by_path(chip, sources={"engines.wide.array.rows": text})["engines.wide.array.rows"]
    assert fact.text == text
    assert fact.tag == tag
    assert fact.assumed == (tag == "assumption")


def test_a_default_that_sources_dispute_stays_a_default(chip):
    found = by_path(chip, conflicts={"technology.temperature_k": "350 elsewhere"})["technology.temperature_k"]
    assert (found.standing, found.conflict) == ("default", "350 elsewhere")


def test_choices_are_facts_where_the_provenance_speaks_of_them(chip):
    found = by_path(chip, assumptions={"schedule.policy": "not stated", "engines.wide.cell.technology": "likely"})
    assert found["schedule.policy"].value == "sequential"
    assert found["engines.wide.cell.technology"].standing == "assumption"
    assert "schedule.reload" not in found


def test_the_tally_adds_up(chip):
    provenance = Provenance(
        sources={
            "engines.wide.array": "table 1",
            "technology": "read once (recalled)",
            "engines.wide.cell": "assumption",
        },
        fitted={"memories.store.capacity_bytes": "to a figure"},
        conflicts={"engines.wide.array.rows": "other"},
    )
    given = facts(replace(chip, provenance=provenance))
    counted = tally(given)
    assert counted.stated + counted.assumed + counted.fitted + counted.defaults == len(given)
    assert (counted.recalled, counted.fitted, counted.conflicts) == (2, 1, 1)
    assert counted.assumed == sum(fact.assumed for fact in given)
    assert counted.assumed >= 1
