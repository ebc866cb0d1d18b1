"""Vectors of other simulators and of independent nodal solutions; their conventions are those of `Wires`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bitline.numerics.wires import (
    Wires,
    column_product,
    effective_conductance,
    interleaved_conductance,
    ohmic,
    separate_source_current,
    settle,
)

RELATIVE = 1e-10
"""Of the largest current; the vectors ask for 1e-9."""


def vector(shared: Path, name: str) -> tuple[dict[str, torch.Tensor], dict[str, float]]:
    path = shared / "oracles" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path.name} is not in shared/oracles")
    found = {key: torch.from_numpy(value) for key, value in np.load(path).items()}
    return found, json.loads(path.with_suffix(".json").read_text())["parameters"]


def wires_of(said: dict[str, float]) -> Wires:
    return Wires(
        input_ohm=said["r_in_ohm_per_cell"],
        output_ohm=said["r_out_ohm_per_cell"],
        source_ohm=said["r_in_terminal_ohm"],
        sense_ohm=said["r_out_terminal_ohm"],
    )


def agree(current: torch.Tensor, found: dict[str, torch.Tensor], relative: float = RELATIVE) -> None:
    exact = found["I_ampere_exact"]
    assert (current - exact).abs().max() <= relative * exact.abs().max()
    assert (found["I_ampere_no_wire"] - exact).abs().max() > 0.01 * exact.abs().max()


@pytest.mark.parametrize("name", ["ir_input_source_64_a", "ir_output_wire_only_64", "ir_input_terminal_exact_48"])
def test_driven_input_lines(shared, name):
    found, said = vector(shared, name)
    agree(effective_conductance(found["G_siemens"], wires_of(said)) @ found["V_volt"], found)


@pytest.mark.parametrize("name", ["ir_input_source_64_a", "ir_output_wire_only_64", "ir_input_terminal_exact_48"])
def test_driven_input_lines_node_by_node(shared, name):
    found, said = vector(shared, name)
    settled = settle(ohmic(found["G_siemens"].numpy()), found["V_volt"].numpy().T, wires_of(said))
    agree(torch.from_numpy(settled.current_a.T), found, 1e-10)


def test_interleaved_pairs(shared):
    found, said = vector(shared, "ir_interleaved_64_a")
    folded = interleaved_conductance(found["Gpos_siemens"], found["Gneg_siemens"], wires_of(said))
    agree(folded @ found["V_volt"], found)


def test_separate_source_lines(shared):
    found, said = vector(shared, "ir_separate_source_48")
    current = separate_source_current(found["G_siemens"], found["V_volt"].T, wires_of(said))
    agree(current.T, found)


def test_closed_form_of_aihwkit(shared):
    found, said = vector(shared, "aihwkit_irdrop_default_256")
    made = column_product(
        found["X"].double(), found["W"].double(), wire_to_cell_ratio=said["ir_drop_g_ratio"], strength=said["ir_drop"]
    )
    assert (made - found["Y"]).abs().max() < 2e-6
    assert (found["Y_no_drop"] - found["Y"]).abs().max() > 1e-4
