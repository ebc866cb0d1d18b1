"""Netlists of ours, solved by ngspice: an outside oracle for every kind of array."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from bitline.numerics.wires import (
    Wires,
    effective_conductance,
    hafnium_oxide,
    interleaved_conductance,
    separate_source_current,
    settle,
)

RELATIVE = 1e-6
"""Of the largest current of the case."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not installed (Debian: ngspice)"),
]

SIDES = [(8, 8)] * 12 + [(8, 16), (16, 8), (5, 11), (13, 7)] * 3 + [(16, 16)] * 8 + [(32, 32)] * 4 + [(64, 64)]
"""Outputs and inputs of each driven case."""


class Netlist:
    """Resistors between named nodes; `sense(i)` stands at 0 V and its current is asked for."""

    def __init__(self, outputs: int) -> None:
        self.lines = ["* array"]
        self.outputs = outputs
        for i in range(outputs):
            self.lines.append(f"Vs{i} s{i} 0 0")

    def source(self, node: str, volts: float) -> None:
        self.lines.append(f"V{node} {node} 0 {float(volts)!r}")

    def resistor(self, one: str, other: str, ohm: float) -> None:
        if ohm == 0.0:
            self.lines.append(f"Vr{len(self.lines)} {one} {other} 0")
        else:
            self.lines.append(f"R{len(self.lines)} {one} {other} {float(ohm)!r}")

    def cell(self, one: str, other: str, siemens: float, access_ohm: float = 0.0) -> None:
        if siemens > 0:
            self.resistor(one, other, 1.0 / siemens + access_ohm)

    def curve(self, one: str, other: str, siemens: float, quadratic: float, cubic: float) -> None:
        v = f"V({one},{other})"
        self.lines.append(f"B{len(self.lines)} {one} {other} I=({siemens!r}+({quadratic!r}+({cubic!r})*{v})*{v})*{v}")

    def solve(self, folder: Path) -> np.ndarray:
        """Give the current into every sense node."""
        deck = folder / "array.cir"
        asked = "\n".join(f"print i(vs{i})" for i in range(self.outputs))
        control = (
            f".options reltol=1e-10 abstol=1e-16 vntol=1e-13 gmin=1e-20\n.control\nset numdgt=14\nop\n{asked}\n.endc"
        )
        deck.write_text("\n".join([*self.lines, control, ".end", ""]))
        said = subprocess.run(
            ["ngspice", "-b", str(deck)], capture_output=True, text=True, timeout=120, check=False
        ).stdout
        found = {int(i): float(a) for i, a in re.findall(r"^i\(vs(\d+)\) = (\S+)", said, re.MULTILINE)}
        assert len(found) == self.outputs, said[-2000:]
        return np.array([found[i] for i in range(self.outputs)])


def output_lines(net: Netlist, outputs: int, inputs: int, wires: Wires) -> None:
    for i in range(outputs):
        for j in range(1, inputs):
            net.resistor(f"o{i}_{j - 1}", f"o{i}_{j}", wires.output_ohm)
        net.resistor(f"o{i}_{inputs - 1}", f"s{i}", wires.output_ohm + wires.sense_ohm)
        if wires.sensed_twice:
            net.resistor(f"o{i}_0", f"s{i}", wires.output_ohm + wires.sense_ohm)


def input_line(net: Netlist, name: str, volts: float, outputs: int, wires: Wires) -> None:
    net.source(name, volts)
    net.resistor(name, f"{name}_0", wires.input_ohm + wires.source_ohm)
    for i in range(1, outputs):
        net.resistor(f"{name}_{i - 1}", f"{name}_{i}", wires.input_ohm)
    if wires.driven_twice:
        net.resistor(f"{name}_{outputs - 1}", name, wires.input_ohm + wires.source_ohm)


def drawn(seed: int, outputs: int, inputs: int) -> tuple[np.ndarray, np.ndarray, Wires]:
    """Draw conductances over three decades, signed voltages, and wires; the seed also picks the connected ends."""
    rng = np.random.default_rng(seed)
    siemens = 10 ** rng.uniform(-7, -4, (outputs, inputs))
    ohm = [float(value) for value in 10 ** rng.uniform(-1, 1.5, 5)]
    wires = Wires(
        input_ohm=ohm[0],
        output_ohm=ohm[1],
        source_ohm=ohm[2] * (seed % 2),
        sense_ohm=ohm[3] * (seed % 3 > 0),
        access_ohm=100 * ohm[4] * (seed % 5 > 2),
        driven_twice=seed % 4 > 1,
        sensed_twice=seed % 8 > 3,
    )
    return siemens, rng.uniform(-0.4, 0.4, inputs), wires


def agree(made: np.ndarray, spice: np.ndarray, ideal: np.ndarray) -> None:
    assert np.abs(made - spice).max() <= RELATIVE * np.abs(spice).max()
    assert np.abs(ideal - spice).max() > 100 * RELATIVE * np.abs(spice).max()


@pytest.mark.parametrize("seed", range(len(SIDES)))
def test_driven_input_lines(seed, tmp_path):
    outputs, inputs = SIDES[seed]
    siemens, volts, wires = drawn(seed, outputs, inputs)
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    for j in range(inputs):
        input_line(net, f"x{j}", volts[j], outputs, wires)
        for i in range(outputs):
            net.cell(f"x{j}_{i}", f"o{i}_{j}", siemens[i, j], wires.access_ohm)
    made = effective_conductance(torch.from_numpy(siemens), wires).numpy() @ volts
    agree(made, net.solve(tmp_path), siemens @ volts)


@pytest.mark.parametrize("seed", range(8))
def test_interleaved_pairs(seed, tmp_path):
    outputs, inputs = (8, 8) if seed else (16, 12)
    siemens, volts, wires = drawn(seed, outputs, 2 * inputs)
    volts = volts[:inputs]
    positive, negative = siemens[:, :inputs], siemens[:, inputs:]
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    for j in range(inputs):
        for name, volt, part in ((f"p{j}", volts[j], positive), (f"n{j}", -volts[j], negative)):
            input_line(net, name, volt, outputs, wires)
            for i in range(outputs):
                net.cell(f"{name}_{i}", f"o{i}_{j}", part[i, j], wires.access_ohm)
    folded = interleaved_conductance(torch.from_numpy(positive), torch.from_numpy(negative), wires)
    agree(folded.numpy() @ volts, net.solve(tmp_path), (positive - negative) @ volts)


@pytest.mark.parametrize("seed", range(8))
def test_separate_source_lines(seed, tmp_path):
    outputs, inputs = (8, 8) if seed else (8, 32)
    siemens, _, wires = drawn(100 + seed, outputs, inputs)
    wires = Wires(
        **{f: getattr(wires, f) for f in ("input_ohm", "output_ohm", "source_ohm", "sense_ohm", "access_ohm")}
    )
    gates = np.random.default_rng(seed).integers(0, 2, inputs)
    gates[0] = 1
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    net.source("supply", 0.7)
    for i in range(outputs):
        net.resistor("supply", f"x{i}_0", wires.input_ohm + wires.source_ohm)
        for j in range(inputs):
            if j:
                net.resistor(f"x{i}_{j - 1}", f"x{i}_{j}", wires.input_ohm)
            net.cell(f"x{i}_{j}", f"o{i}_{j}", gates[j] * siemens[i, j], wires.access_ohm)
    gated = torch.from_numpy(gates[None].astype(float))
    made = separate_source_current(torch.from_numpy(siemens), gated, wires, supply_v=0.7)[0]
    agree(made.numpy(), net.solve(tmp_path), 0.7 * siemens @ gates)


@pytest.mark.parametrize("seed", range(6))
def test_cells_with_a_curve(seed, tmp_path):
    outputs, inputs = (8, 8) if seed else (16, 16)
    rng = np.random.default_rng(seed)
    curve = hafnium_oxide(rng.uniform(50e-6, 225e-6, (outputs, inputs)))
    volts = rng.uniform(-0.5, 0.5, inputs)
    wires = Wires(input_ohm=3.0, output_ohm=6.0, source_ohm=20.0 * seed, sense_ohm=5.0, sensed_twice=seed % 2 > 0)
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    for j in range(inputs):
        input_line(net, f"x{j}", volts[j], outputs, wires)
        for i in range(outputs):
            parts = (float(part[i, j]) for part in (curve.siemens, curve.quadratic, curve.cubic))
            net.curve(f"x{j}_{i}", f"o{i}_{j}", *parts)
    settled = settle(curve, volts[None], wires, tolerance_fraction=1e-8)
    agree(settled.current_a[0], net.solve(tmp_path), curve.siemens @ volts)
