"""Bills of operators that are alike: shared where nothing differs, apart where anything does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.costs.link import bit_energy
from bitline.engines.systolic import Systolic
from bitline.hardware import Chip, Link, Memory, Rule, Technology
from bitline.mapping import Move, Seat
from bitline.operators import MatMul
from bitline.timeline.bill import bills
from bitline.timeline.prices import prices

SEAT = Seat(operator=MatMul(name="q", role="q", vectors=7, k=32, n=48), engine="grid")
MOVED = (Move("link.grid-dram", 1000.0),)


@pytest.fixture(scope="module")
def chip():
    """One grid, its memory, and a link whose energy the description does not state."""
    return Chip(
        name="grid",
        technology=Technology(node_nm=32),
        engines={"grid": Systolic(rows=16, columns=16, clock_hz=1e9, memory="dram")},
        memories={"dram": Memory(kind="dram", standard="hbm2", capacity_bytes=1e9, bandwidth_bytes_per_s=1e12)},
        links=(Link(between=("grid", "dram"), bandwidth_bytes_per_s=1e9, latency_s=1e-7),),
        placement=(Rule(operators=("*",), engine="grid"),),
    )


def test_operators_alike_share_a_price_and_keep_their_names(chip) -> None:
    other = replace(SEAT, operator=replace(SEAT.operator, name="k", role="k", after=("norm",)))
    one, two = (bills([seat], chip, prices(chip), 3)[0] for seat in (SEAT, other))
    assert (one.seat, two.seat) == (SEAT, other)
    assert two._replace(seat=one.seat) == one


@pytest.mark.parametrize(
    "other", [replace(SEAT, moves=MOVED), replace(SEAT, operator=replace(SEAT.operator, vectors=8))]
)
def test_operators_that_differ_are_billed_apart(chip, other) -> None:
    known, steps = prices(chip), 3
    assert bills([other], chip, known, steps)[0].energy_j > bills([SEAT], chip, known, steps)[0].energy_j
    assert bills([SEAT], chip, known, steps)[0].energy_j == pytest.approx(3 * bills([SEAT], chip, known, 1)[0].energy_j)


def test_bits_that_follow_the_context_are_billed_step_by_step(chip) -> None:
    known, bits = prices(chip), np.array([1e3, 2e3, 6e3])
    together = bills([replace(SEAT, moves=(Move("link.grid-dram", bits),))], chip, known, 3)[0]
    alone = [bills([replace(SEAT, moves=(Move("link.grid-dram", float(each)),))], chip, known, 1)[0] for each in bits]
    assert together.energy_j == pytest.approx(sum(one.energy_j for one in alone))
    assert np.asarray(together.time_s).tolist() == pytest.approx([one.time_s for one in alone])


def test_a_link_without_a_stated_energy_is_charged_by_its_model(chip) -> None:
    known = prices(chip)
    plain, moved = bills([SEAT], chip, known, 1)[0], bills([replace(SEAT, moves=MOVED)], chip, known, 1)[0]
    modelled = bit_energy(chip.links[0], chip.technology)
    assert modelled.typical > 0
    assert moved.energy_j - plain.energy_j == pytest.approx(1000 * modelled.typical)
    assert dict(known.figures)["link.grid-dram.energy_j"] == modelled
    assert moved.shared_s["link.grid-dram"] == pytest.approx(1000 / 8e9)
