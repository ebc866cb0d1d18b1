"""`bitline run --activity`: the energy with the data of a real run."""

from __future__ import annotations

import json

import pytest


def test_energy_follows_the_data_that_were_watched(bitline):
    arguments = ("--activity", "--seeds", "1", "--tokens", "512", "--plan", "statistical")
    told = json.loads(bitline("run", *arguments, "--json").stdout)
    before = {part["name"]: part["energy_j"] for part in told["estimate"]["components"]}
    after = told["in_use"]["components_energy_j"]
    busy = told["in_use"]["activity"]["weights"]
    g_min = 1 / 40
    cells = busy["drive_fraction"] / 0.5 * (g_min + busy["cell_fraction"] * (1 - g_min)) / ((1 + g_min) / 2)
    assert after["weights.cells"] == pytest.approx(before["weights.cells"] * cells)
    assert after["weights.dac"] == pytest.approx(before["weights.dac"] * busy["drive_fraction"] / 0.5)
    unmoved = before.keys() - {"weights.cells", "weights.dac"}
    assert all(after[name] == before[name] for name in unmoved)
    assert 0.3 < busy["drive_fraction"] < 0.5
    matrices = told["accuracy"]["activity"]
    assert len(matrices) == 29
    assert {one["activity"]["vectors"] for one in matrices} == {256}
    assert any("attention" in warning and "not watched" in warning for warning in told["warnings"])


def test_it_needs_weights_and_text(bitline, tiny):
    done = bitline("run", "llama-2-7b", "--on", "h100-sxm", "--activity", code=2)
    assert "trial.activity = True: llama-2-7b is a preset without weights" in done.stderr
    plain = json.loads(bitline("run", "--seeds", "1", "--tokens", "256", "--plan", "statistical", "--json").stdout)
    assert plain["in_use"] is None
    assert plain["accuracy"]["activity"] == []
