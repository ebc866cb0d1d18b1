"""Tables of operators of several devices against the estimate of the same step."""

from __future__ import annotations

import pytest

from bitline.verbs.estimate import estimate
from bitline.verbs.layer_costs import layer_costs
from bitline.verbs.request import Request


@pytest.mark.parametrize(("chip", "batch"), [("cent", 1), ("cent", 8), ("cent", 12), ("cent@8", 3)])
def test_rows_add_up_to_the_estimate_of_all_devices_and_passes(chip: str, batch: int) -> None:
    cost = estimate("llama-2-7b", chip, Request(batch=batch, prompt=20, generate=6))
    step = next(phase for phase in cost.phases if phase.name == "decode")
    rows = layer_costs("llama-2-7b", chip, context=cost.contexts.tolist(), batch=batch)
    assert rows[-1].energy_j.sum() == pytest.approx(step.energy_j)
    assert sum(one.layers * one.energy_j for one in rows[:-1]) == pytest.approx(rows[-1].energy_j)
    for operator in cost.operators:
        if operator.phase == "decode":
            row = next(one for one in rows if (one.block, one.operator) == (operator.block, operator.name))
            assert row.layers * row.time_s.sum() == pytest.approx(operator.time_s, rel=1e-9, abs=1e-18)
            assert row.layers * row.energy_j.sum() == pytest.approx(operator.energy_j, rel=1e-9, abs=1e-18)
