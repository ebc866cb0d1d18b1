"""How many experts the busiest device has to do with: against tokens that choose at random, and in estimates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Devices
from bitline.mapping.devices import of_one_device
from bitline.mapping.devices.experts import unevenness
from bitline.operators import MatMul
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import decode, load_model

BOARD = load_chip("h100")
ROOMY = replace(BOARD, memories={"hbm": replace(BOARD.memories["hbm"], capacity_bytes=1e13)})


def mean_share(experts: int, hit: float, devices: int) -> MatMul:
    return MatMul(
        name="expert_up", role="expert_up", vectors=1, k=1, n=1, matrices=hit / devices, held=-(-experts // devices)
    )


@pytest.mark.parametrize(
    ("experts", "chosen", "devices"),
    [(8, 2, 8), (8, 2, 4), (8, 2, 3), (8, 2, 16), (256, 8, 8), (256, 8, 32), (64, 6, 8), (60, 4, 8)],
)
@pytest.mark.parametrize("tokens", [1, 3, 16, 64])
def test_tokens_that_choose_at_random_hit_as_many_on_the_busiest_device(
    experts: int, chosen: int, devices: int, tokens: int
) -> None:
    rng = np.random.default_rng(tokens)
    places = np.argsort(rng.random((300, tokens, experts)), axis=-1)[..., :chosen].reshape(300, -1)
    found = [np.bincount(np.unique(one) % devices, minlength=devices).max() for one in places]
    hit = experts * (1.0 - (1.0 - chosen / experts) ** tokens)
    ours = unevenness(mean_share(experts, hit, devices), devices) * hit / devices
    assert ours == pytest.approx(np.mean(found), rel=0.08)


@given(st.integers(1, 300), st.integers(1, 64), st.floats(0.01, 1.0))
def test_the_busiest_has_no_less_than_the_mean_and_no_more_than_it_holds(
    experts: int, devices: int, part: float
) -> None:
    one = mean_share(experts, part * experts, devices)
    assert 1.0 <= unevenness(one, devices) <= one.held / float(one.matrices) * (1 + 1e-9)


def test_one_device_and_all_experts_hit_are_even() -> None:
    assert unevenness(mean_share(8, 8, 8), 8) == 1.0
    assert unevenness(mean_share(8, 5.5, 1), 1) == pytest.approx(1.0)


@pytest.mark.parametrize(("expert", "batch"), [(8, 1), (16, 1), (16, 64)])
def test_a_device_never_reads_part_of_an_expert(expert: int, batch: int) -> None:
    request = Request(batch=batch, prompt=64, generate=3)
    group, one = (
        estimate("mixtral-8x7b", replace(ROOMY, devices=Devices(expert=size)), request) for size in (expert, 1)
    )
    for role in ("expert_up", "expert_down"):
        ours, theirs = (
            sum(o.time_s for o in found.operators if o.role == role and o.phase == "decode") for found in (group, one)
        )
        hit = 8.0 * (1.0 - 0.75**batch)
        starts_s = 2 * 32 * 3.3e-6
        assert ours - starts_s == pytest.approx((theirs - starts_s) / hit, rel=0.01)
    assert group.macs == pytest.approx(one.macs, rel=1e-9)


def test_joules_and_bytes_are_still_those_of_the_experts_that_are_hit() -> None:
    drawn = replace(ROOMY.memories["hbm"], read_energy_per_bit_j=1e-12, energy_level="device")
    gpu = replace(BOARD.engines["gpu"], board_power_w=None)  # type: ignore[call-arg]
    chip = replace(ROOMY, memories={"hbm": drawn}, engines={"gpu": gpu})
    request = Request(batch=8, prompt=64, generate=3)
    spent = [
        sum(o.energy_j for o in estimate("mixtral-8x7b", replace(chip, devices=Devices(expert=size)), request).operators
            if o.role.startswith("expert_") and o.phase == "decode")
        for size in (8, 1)
    ]  # fmt: skip
    assert spent[0] == pytest.approx(spent[1], rel=1e-6)


def test_the_share_of_a_device_is_a_mean_until_it_is_seated() -> None:
    one = of_one_device(decode(load_model("mixtral-8x7b"), 8, 64), replace(BOARD, devices=Devices(expert=8)))
    (up,) = (o for o in one.blocks[1].operators if o.role == "expert_up")
    assert isinstance(up, MatMul)
    assert float(up.matrices) * 8 == pytest.approx(8 * (1 - 0.75**8))
