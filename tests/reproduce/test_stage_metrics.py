"""Stages as simulators print them: sums over operators and parts, by hand."""

from __future__ import annotations

import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.reproduce.metrics.stages import stage_energy_j, stage_s

MODEL = load_model("gpt2")


def test_a_stage_is_the_mean_of_the_steps_after_the_prompt() -> None:
    chip = load_chip("attacc/gpu")
    found = estimate(MODEL, chip, Request(prompt=100, generate=11))
    ours = stage_s(chip=chip, model=MODEL, prompt=100, generate=11, roles=["up", "down"])
    by_hand = sum(o.time_s for o in found.operators if o.phase == "decode" and o.role in ("up", "down"))
    assert ours == pytest.approx(by_hand / 10)
    first = stage_s(chip=chip, model=MODEL, prompt=100, roles=["up", "down"])
    assert first == pytest.approx(
        sum(o.time_s for o in found.operators if o.phase == "prefill" and o.role in ("up", "down"))
    )


def test_of_a_product_on_two_engines_the_slower_part_counts() -> None:
    chip = load_chip("attacc")
    found = estimate(MODEL, chip, Request(prompt=100, generate=2))
    parts = [o.time_s for o in found.operators if o.phase == "decode" and o.role == "up"]
    assert len(parts) == 2
    assert stage_s(chip=chip, model=MODEL, prompt=100, generate=2, roles=["up"]) == pytest.approx(max(parts))


def test_parts_and_roles_add_up_to_the_energy_of_a_step() -> None:
    chip = load_chip("attacc")
    found = estimate(MODEL, chip, Request(prompt=100, generate=6))
    whole = stage_energy_j(chip=chip, model=MODEL, prompt=100, generate=6)
    assert whole == pytest.approx(sum(o.energy_j for o in found.operators if o.phase == "decode") / 5)
    asked = {"chip": chip, "model": MODEL, "prompt": 100, "generate": 6}
    engines = [stage_energy_j(**asked, parts=[f"{name}.*"]) for name in (*chip.engines, "memory", "link")]
    assert sum(engines) == pytest.approx(whole)
    cut = [stage_energy_j(**asked, roles=[role]) for role in {o.role for o in found.operators}]
    assert sum(cut) == pytest.approx(whole)
