"""A server of a model with windows: strides are the passes one by one, and the room is that of what is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline.serving import Arrivals, Discipline, Extent, Passes, Room, direct, horizons, room, sample
from bitline.serving.server import Server
from bitline.systems import load_chip
from bitline.verbs.serve import serve
from bitline.workload import load_model

MODEL = load_model("gpt-oss-20b")


def alike(requests: int, prompt: int, generate: int) -> Arrivals:
    return Arrivals(
        arrival_s=np.zeros(requests), prompt=np.full(requests, prompt), generate=np.full(requests, generate)
    )


@pytest.fixture(scope="module")
def passes() -> Passes:
    extent = Extent(context=1024, batch=16, rows=200, chunk=190, limits=(128,))
    return Passes(sample(direct(MODEL, load_chip("h100-sxm")), extent))


@pytest.mark.parametrize("blocks", [600, float("inf")])
def test_a_stride_across_the_window_is_its_passes_one_by_one(passes: Passes, blocks: float) -> None:
    known = horizons(MODEL, 1024)
    rng = np.random.default_rng(5)
    load = Arrivals(
        arrival_s=np.sort(rng.uniform(0, 0.5, 20)), prompt=rng.integers(1, 200, 20), generate=rng.integers(1, 180, 20)
    )
    there = Room(values=blocks * known.whole, longest=1024, horizons=known)
    strides, singles = (Server(load, passes, Discipline(requests=12, pass_tokens=100), there) for _ in "ab")
    while strides.left:
        strides.go_on()
    while singles.left:
        singles.go_on(1)
    assert (strides.passes_made, strides.put_off) == (singles.passes_made, singles.put_off)
    assert (strides.put_off > 0) == (blocks < float("inf"))
    one, other = strides.served(), singles.served()
    assert one.finish_s == pytest.approx(other.finish_s, rel=1e-5)
    assert one.energy_j == pytest.approx(other.energy_j, rel=1e-4)
    assert one.most_held_tokens == other.most_held_tokens <= blocks


def test_windows_leave_room_for_more_requests() -> None:
    chip = load_chip("h100-sxm")
    # Room for 1,300 tokens that all layers keep. Of 1,100 tokens half of the 24 layers keep all and half keep 127, so
    # that a request takes as much as 613.5.
    kept = 1300 * 24 * 1024
    spared_bytes = 2 * (room(direct(MODEL, chip), 4096).values - kept)
    less = {
        name: replace(memory, capacity_bytes=memory.capacity_bytes - spared_bytes / memory.count)
        for name, memory in chip.memories.items()
    }
    small = replace(chip, memories=less)
    there = room(direct(MODEL, small), 4096)
    assert there.values == pytest.approx(kept, abs=1)
    assert there.tokens == pytest.approx(1300, abs=1)
    assert there.horizons.held(1100) == 12 * 1024 * (1100 + 127)
    found = serve(MODEL, small, alike(4, 1000, 100), Discipline(reserve=True)).served
    assert found.refused == 0
    # Two at a time: 2 x 613.5 fit in 1,300, where tokens alone would say one.
    assert found.let_in_s[1] == 0
    assert found.let_in_s[2] == found.finish_s[:2].min()
    assert found.most_held_tokens == 1226
