"""Room of stages of unequal layers, with what stands once: against every way of dealing layers out evenly."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import CapacityError
from bitline.hardware import Devices
from bitline.mapping.devices.stages import Stages
from bitline.serving.direct import direct
from bitline.serving.room import room
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model

BOARD = load_chip("h100")
SIZES = st.floats(0, 5)


@given(st.integers(1, 12), st.integers(2, 5), st.floats(0.1, 3), SIZES, SIZES)
def test_the_fullest_stage_of_the_best_even_dealing_is_just_full(
    layers: int, stages: int, layer_bytes: float, first_bytes: float, last_bytes: float
) -> None:
    count, more = divmod(layers, stages)
    each_bytes = min(
        max(
            (count + (stage in longer)) * layer_bytes
            + first_bytes * (stage == 0) + last_bytes * (stage == stages - 1)
            for stage in range(stages)
        )
        for longer in combinations(range(stages), more)
    )  # fmt: skip
    all_bytes = layers * layer_bytes + first_bytes + last_bytes
    held = Stages(layers=layers, first_bytes=first_bytes, last_bytes=last_bytes)
    full = held.room_bytes(each_bytes, stages)
    if count:
        # No stage without layers, so that one with layers is full: what lies there fits, and a little more does not.
        assert full >= all_bytes * (1 - 1e-9)
        assert held.room_bytes(each_bytes * 0.999, stages) < all_bytes
    assert full <= stages * each_bytes * (1 + 1e-9)


def test_one_stage_and_even_stages_have_all_their_room() -> None:
    assert Stages(layers=7, first_bytes=3.0).room_bytes(10.0, 1) == 10.0
    assert Stages(layers=8).room_bytes(10.0, 4) == pytest.approx(40.0)
    # Three of seven layers on the fullest of three: it is full at 3/7.
    assert Stages(layers=7).room_bytes(9.0, 3) == pytest.approx(21.0)


def test_a_stage_that_holds_more_decides() -> None:
    # 80 layers of 1.7 GB on three stages are 27, 27 and 26; with a table of 0.5 GB before and behind them.
    layer = 2 * (2 * 8192**2 + 2 * 8192 * 1024 + 3 * 8192 * 28672 + 2 * 8192)
    table = 2 * 32000 * 8192
    whole = 80 * layer + 2 * table
    fullest = 27 * layer + table
    request = Request(prompt=1)

    def asked(each_bytes: float, stages: int) -> float:
        memory = replace(BOARD.memories["hbm"], capacity_bytes=each_bytes)
        chip = replace(BOARD, memories={"hbm": memory}, devices=Devices(pipeline=stages))
        return estimate("llama-2-70b", chip, request).total_s

    assert whole / 3 < fullest
    assert asked(fullest * 1.001, 3) > 0
    with pytest.raises(CapacityError, match="3 stages together, until one is full") as told:
        asked(fullest * 0.999, 3)
    assert told.value.needed > told.value.room


def test_a_server_lets_in_what_an_estimate_says_has_room() -> None:
    model, chip = load_model("llama-2-7b"), replace(BOARD, devices=Devices(pipeline=5))
    seen = room(direct(model, chip), 4000)
    # Seven of 32 layers on some stage, with keys and values of as many requests as their room is for.
    layer_bytes, table_bytes = 2 * (4 * 4096**2 + 3 * 4096 * 11008), 2 * 32000 * 4096
    per_token_bytes = 2 * 2 * 4096
    middle = (8e10 - 7 * layer_bytes) / (7 * per_token_bytes)
    ends = (8e10 - 6 * layer_bytes - table_bytes) / (6 * per_token_bytes)
    assert seen.tokens == pytest.approx(min(middle, ends), rel=1e-3)
