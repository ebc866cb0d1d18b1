"""The numbers of `bitline show`, against counts done by hand."""

from __future__ import annotations

import math
from dataclasses import replace

from bitline.hardware import Hierarchy
from bitline.hardware.overview import overview_of, weights_held


def test_capacity_is_cells_times_their_bits_over_the_bits_of_a_weight(chip):
    wide = replace(chip.engines["wide"], hierarchy=Hierarchy(tiles=12))
    (engine,) = overview_of(replace(chip, engines={"wide": wide})).engines
    cells = 12 * 128 * 128
    assert engine.arrays == 12
    # 6 bits take three 2-bit cells, and a column is never shared by halves of two weights' slices: 128 = 42 * 3 + 2.
    assert dict(engine.weights_by_bits) == {4: cells // 2, 6: cells // 3, 8: cells // 4, 16: cells // 8}


def test_capacity_grows_with_the_arrays(chip):
    one = weights_held(chip.engines["wide"])
    three = weights_held(replace(chip.engines["wide"], hierarchy=Hierarchy(tiles=3)))
    assert abs(three - 3 * one) < 3


def test_a_width_that_one_cell_exceeds_is_left_out(chip):
    wide = chip.engines["wide"]
    wide = replace(wide, cell=replace(wide.cell, bits=6))
    (engine,) = overview_of(replace(chip, engines={"wide": wide})).engines
    assert set(engine.weights_by_bits) == {6, 8, 16}


def test_peak_counts_two_operations_per_multiply_accumulate(chip):
    (engine,) = overview_of(chip).engines
    assert engine.peak_operations_per_s == 2 * 1e9


def test_parts_are_summed_over_their_instances(chip):
    wide = replace(chip.engines["wide"], hierarchy=Hierarchy(tiles=5))
    whole = overview_of(replace(chip, engines={"wide": wide}))
    (part,) = whole.engines[0].parts
    assert part.instances == 5
    assert math.isclose(part.area_m2, 5e-9)
    assert math.isclose(part.busy_w, 5 * 2e-12 / 1e-9)
    assert math.isclose(part.leakage_w, 5e-6)
    assert math.isclose(whole.engines[0].area_m2, 5e-9)


def test_a_memory_that_engines_share_is_counted_once(chip):
    whole = overview_of(replace(chip, engines={"wide": chip.engines["wide"], "other": chip.engines["wide"]}))
    assert [memory.name for memory in whole.memories] == ["memory.store"]
    assert [part.name for engine in whole.engines for part in engine.parts] == ["adc", "adc"]
    assert math.isclose(whole.area_m2, 2 * 1e-9 + 3e-8)


def test_facts_and_their_tally_come_along(chip):
    whole = overview_of(chip)
    assert whole.name == "small"
    assert whole.facts
    assert whole.tally.assumed > 0
