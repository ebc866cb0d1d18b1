"""Read-compute rounds: by hand, and against a replay of one channel transfer by transfer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs.flash_rounds import busy_s, left_bytes_per_s, round_s, whole_page_round_s
from bitline.hardware import Flash

FLASH = Flash(page_bytes=16384, planes=2, dies=4, channels=8, channel_bytes_per_s=1e9, read_s=30e-6)
SMALL = {"inputs_bytes": 256, "outputs_bytes": 256}


def replay(
    flash: Flash, *, inputs_bytes: float, outputs_bytes: float, compute_s: float, rounds: int, slice_bytes: float
) -> tuple[float, float]:
    """Play one channel: time of so many rounds, and bytes of plain reads; slices never hold up a round."""
    rate, now_s, plain_bytes, waiting_bytes = flash.channel_bytes_per_s, 0.0, 0.0, 0.0
    for _ in range(rounds):
        free_s = [now_s + inputs_bytes / rate]
        dies_done_s = [free_s[0] + max(flash.read_s, compute_s)] * flash.dies
        for _ in range(flash.dies):
            free_s.append(free_s[-1] + waiting_bytes / flash.dies / rate)
        # Registers of results are free again once those of the round before have gone.
        ready_s, idle_s = max(*dies_done_s, free_s[-1]), free_s[-1]
        while idle_s + slice_bytes / rate <= ready_s:
            idle_s += slice_bytes / rate
            plain_bytes += slice_bytes
        now_s, waiting_bytes = ready_s, outputs_bytes
    return now_s, plain_bytes


def test_a_round_of_the_small_configuration_by_hand() -> None:
    assert round_s(FLASH, **SMALL) == pytest.approx(30.256e-6)
    assert left_bytes_per_s(FLASH, **SMALL) == pytest.approx((30000 - 256) / 30.256e-6)
    # The published share (H + W / channels) / (tR bw) is 512 / 30,000.
    assert left_bytes_per_s(FLASH, **SMALL) == pytest.approx(1e9 * (1 - 512 / 30000), rel=1e-3)
    assert whole_page_round_s(FLASH, **SMALL) == pytest.approx(46.64e-6)


def test_weights_per_second_of_both_sides_are_the_published_closed_form() -> None:
    dies = 8 * 4 * 16384 / round_s(FLASH, **SMALL)
    assert dies == pytest.approx(17.3e9, rel=0.002)
    assert dies + 8 * left_bytes_per_s(FLASH, **SMALL) == pytest.approx(25.2e9, rel=0.002)


@given(inputs=st.floats(1, 40_000), outputs=st.floats(0, 40_000), compute=st.floats(0, 1e-4), rounds=st.integers(2, 20))
def test_rounds_take_what_a_replay_of_the_channel_takes(
    inputs: float, outputs: float, compute: float, rounds: int
) -> None:
    one = {"inputs_bytes": inputs, "outputs_bytes": outputs, "compute_s": compute}
    slice_bytes = 500.0
    time_s, plain_bytes = replay(FLASH, **one, rounds=rounds, slice_bytes=slice_bytes)
    # The first round has no results before it; if sending them sets the pace, it is shorter by as much.
    ahead_s = busy_s(FLASH, outputs_bytes=outputs, compute_s=compute) - max(FLASH.read_s, compute)
    assert time_s + ahead_s == pytest.approx(rounds * round_s(FLASH, **one))
    most = left_bytes_per_s(FLASH, **one) * rounds * round_s(FLASH, **one)
    assert most - rounds * slice_bytes - 1 <= plain_bytes <= most + outputs + 1


@given(vectors=st.integers(1, 1000))
def test_rounds_broadcast(vectors: int) -> None:
    many = np.array([1, vectors])
    together = round_s(FLASH, inputs_bytes=256 * many, outputs_bytes=256 * many, compute_s=30e-6 * many)
    alone = round_s(FLASH, inputs_bytes=256 * vectors, outputs_bytes=256 * vectors, compute_s=30e-6 * vectors)
    assert np.asarray(together)[1] == pytest.approx(alone)
