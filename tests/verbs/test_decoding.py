"""Steps that are looked up are those that are priced."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.engines.digital_cim import DigitalCim
from bitline.errors import CapacityError, ConfigError
from bitline.hardware import Chip, Devices
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import load_model


def unmet(name: str) -> Chip:
    """A chip that was never asked about: what is known of chips is known of values."""
    return replace(load_chip(name), summary="new")


def near(one: float, other: float) -> bool:
    return one == pytest.approx(other, rel=1e-9)


def assert_same(one: Estimate, other: Estimate) -> None:
    assert one.contexts.tolist() == other.contexts.tolist()
    assert one.time_per_token_s.tolist() == pytest.approx(other.time_per_token_s.tolist(), rel=1e-12)
    for name in ("total_s", "energy_j", "energy_low_j", "energy_high_j", "leakage_j", "macs"):
        assert near(getattr(one, name), getattr(other, name)), name
    assert one.warnings == other.warnings
    assert [(o.name, o.bottleneck, o.units) for o in one.operators] == [
        (o.name, o.bottleneck, o.units) for o in other.operators
    ]
    for ours, theirs in zip(one.operators, other.operators, strict=True):
        for name in ("time_s", "energy_j", "macs"):
            assert near(getattr(ours, name), getattr(theirs, name)), (ours.name, name)
    for ours_part, theirs_part in zip(one.components, other.components, strict=True):
        assert near(ours_part.energy_j, theirs_part.energy_j), ours_part.name
    for ours_phase, theirs_phase in zip(one.phases, other.phases, strict=True):
        assert ours_phase.bottleneck.part == theirs_phase.bottleneck.part
        assert ours_phase.bottleneck.operator == theirs_phase.bottleneck.operator
        assert near(ours_phase.bottleneck.share_fraction, theirs_phase.bottleneck.share_fraction)
    for ours_event, theirs_event in zip(one.phases[-1].timing.events(), other.phases[-1].timing.events(), strict=True):
        assert ours_event.name == theirs_event.name
        assert near(ours_event.end_s, theirs_event.end_s)


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("h100", "llama-2-7b"), ("a100/llm-viewer", "mixtral-8x7b"), ("cambricon-llm-l", "llama-2-7b"),
        ("pim-gpt", "gpt2"), ("neupims", "llama-2-7b"), ("attacc", "llama-2-7b"), ("cent", "llama-2-7b"),
        ("h100", "gemma-2-9b"), ("h100@2x2", "llama-3.1-8b"), ("default", "embedded"), ("xformer", "embedded"),
        ("cpsaa", "embedded"),
    ],
)  # fmt: skip
@settings(max_examples=5)
@given(prompt=st.integers(1, 300), generate=st.integers(2, 300), batch=st.sampled_from([1, 3, 256]))
def test_a_stretch_of_a_course_is_what_its_steps_take(
    name: str, model: str, prompt: int, generate: int, batch: int
) -> None:
    most = 256 if name == "neupims" else 100 if name.startswith("h100") else 1
    request = Request(prompt=prompt, generate=generate, batch=min(batch, most))
    chip = unmet(name)
    priced = estimate(model, chip, request)
    assert_same(estimate(model, chip, request), priced)


def test_longer_requests_lengthen_a_course() -> None:
    chip = unmet("h100")
    for prompt in (10, 100, 6000):
        request = Request(prompt=prompt, generate=50)
        assert_same(estimate("llama-2-7b", chip, request), estimate("llama-2-7b", unmet("h100"), request))


@pytest.mark.parametrize("name", ["xformer", "cpsaa", "default"])
def test_units_that_keys_and_values_take_are_those_of_the_longest_context(name: str) -> None:
    chip, asked = unmet(name), [Request(prompt=prompt, generate=20) for prompt in (8, 90, 200, 90)]
    for request in asked:
        assert_same(estimate("embedded", chip, request), estimate("embedded", unmet(name), request))


def test_a_request_that_fits_is_answered_where_a_whole_course_does_not() -> None:
    chip, request = unmet("default"), Request(prompt=20, generate=4)
    used = next(e.units_used for e in estimate("embedded", chip, request).engines if e.name == "attention")
    engine = chip.engines["attention"]
    assert isinstance(engine, DigitalCim)
    few = replace(chip, engines={**chip.engines, "attention": replace(engine, macros=used)})
    assert_same(estimate("embedded", few, request), estimate("embedded", few, request))
    with pytest.raises(CapacityError):
        estimate("embedded", few, replace(request, generate=100))


def test_positions_end_a_course() -> None:
    chip, model = unmet("h100"), load_model("gpt2")
    last = Request(prompt=1000, generate=25)
    assert_same(estimate(model, chip, last), estimate(model, chip, last))
    with pytest.raises(ConfigError, match=r"1025|1024"):
        estimate(model, chip, Request(prompt=1000, generate=26))


def test_batches_and_devices_are_told_apart() -> None:
    chip = unmet("h100")
    alone = [estimate("llama-2-7b", chip, Request(prompt=64, generate=9, batch=batch)).energy_j for batch in (1, 2)]
    again = [estimate("llama-2-7b", chip, Request(prompt=64, generate=9, batch=batch)).energy_j for batch in (1, 2)]
    assert again == pytest.approx(alone)
    group = replace(chip, devices=Devices(tensor=2))
    assert estimate("llama-2-7b", group, Request(prompt=64, generate=9)).total_s < 0.9 * (
        estimate("llama-2-7b", chip, Request(prompt=64, generate=9)).total_s
    )
