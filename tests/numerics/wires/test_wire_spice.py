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
    HyperbolicSine,
    Until,
    Wires,
    effective_conductance,
    hafnium_oxide,
    interleaved_conductance,
    separate_source_current,
    settle,
    settle_gated,
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

    def curve(self, one: str, other: str, law: str, access_ohm: float = 0.0) -> None:
        """Add a cell whose current is a law of its voltage v, behind its transistor."""
        middle = f"c{one}{other}"
        self.resistor(one, middle, access_ohm)
        self.lines.append(f"B{len(self.lines)} {middle} {other} I={law.replace('v', f'V({middle},{other})')}")

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
    wire(net, name, name, outputs, wires)


def wire(net: Netlist, name: str, driver: str, crossings: int, wires: Wires) -> None:
    net.resistor(driver, f"{name}_0", wires.input_ohm + wires.source_ohm)
    for i in range(1, crossings):
        net.resistor(f"{name}_{i - 1}", f"{name}_{i}", wires.input_ohm)
    if wires.driven_twice:
        net.resistor(f"{name}_{crossings - 1}", driver, wires.input_ohm + wires.source_ohm)


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
    gates = np.random.default_rng(seed).integers(0, 2, inputs)
    gates[0] = 1
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    net.source("supply", 0.7)
    for i in range(outputs):
        wire(net, f"x{i}", "supply", inputs, wires)
        for j in range(inputs):
            net.cell(f"x{i}_{j}", f"o{i}_{j}", gates[j] * siemens[i, j], wires.access_ohm)
    gated = torch.from_numpy(gates[None].astype(float))
    made = separate_source_current(torch.from_numpy(siemens), gated, wires, supply_v=0.7)[0]
    agree(made.numpy(), net.solve(tmp_path), 0.7 * siemens @ gates)


def curved(seed: int, outputs: int, inputs: int):
    """Draw cells of either law, and the law as ngspice reads it."""
    siemens = np.random.default_rng(seed).uniform(50e-6, 225e-6, (outputs, inputs))
    if seed % 2:
        bend = HyperbolicSine(siemens=siemens, bend_v=0.15)
        return bend, lambda i, j: f"{float(siemens[i, j])!r}*0.15*sinh(v/0.15)"
    oxide = hafnium_oxide(siemens)

    def law(i: int, j: int) -> str:
        g, a, b = (float(part[i, j]) for part in (oxide.siemens, oxide.quadratic, oxide.cubic))
        return f"({g!r}+({a!r}+({b!r})*v)*v)*v"

    return oxide, law


def ends(seed: int) -> Wires:
    """Every other case has a transistor in series; the first two lines ends at one side, the next two at both."""
    return Wires(
        input_ohm=3.0,
        output_ohm=6.0,
        source_ohm=20.0 * seed,
        sense_ohm=5.0,
        access_ohm=2e3 * (seed // 2 % 2),
        driven_twice=seed % 4 > 1,
        sensed_twice=seed % 3 > 0,
    )


@pytest.mark.parametrize("seed", range(8))
def test_cells_with_a_curve(seed, tmp_path):
    outputs, inputs = (8, 8) if seed else (16, 16)
    (curve, law), wires = curved(seed, outputs, inputs), ends(seed)
    volts = np.random.default_rng(seed).uniform(-0.5, 0.5, inputs)
    net = Netlist(outputs)
    output_lines(net, outputs, inputs, wires)
    for j in range(inputs):
        input_line(net, f"x{j}", volts[j], outputs, wires)
        for i in range(outputs):
            net.curve(f"x{j}_{i}", f"o{i}_{j}", law(i, j), wires.access_ohm)
    settled = settle(curve, volts[None], wires, Until(tolerance_fraction=1e-8))
    agree(settled.current_a[0], net.solve(tmp_path), curve.siemens @ volts)


@pytest.mark.parametrize("seed", range(4))
def test_interleaved_cells_with_a_curve(seed, tmp_path):
    (curve, law), wires = curved(seed, 8, 16), ends(seed)
    volts = np.random.default_rng(seed).uniform(-0.3, 0.4, 8)
    net = Netlist(8)
    output_lines(net, 8, 8, wires)
    for j in range(8):
        for kind, name, volt in ((0, f"p{j}", volts[j]), (1, f"n{j}", -volts[j])):
            input_line(net, name, volt, 8, wires)
            for i in range(8):
                net.curve(f"{name}_{i}", f"o{i}_{j}", law(i, 2 * j + kind), wires.access_ohm)
    settled = settle(curve, volts[None], wires, Until(tolerance_fraction=1e-8), interleaved=True)
    agree(settled.current_a[0], net.solve(tmp_path), (curve.siemens[:, 0::2] - curve.siemens[:, 1::2]) @ volts)


@pytest.mark.parametrize("seed", range(4))
def test_separate_source_lines_with_a_curve(seed, tmp_path):
    (curve, law), wires = curved(seed, 8, 12), ends(seed)
    gates = np.random.default_rng(seed).integers(0, 2, 12)
    gates[0] = 1
    net = Netlist(8)
    output_lines(net, 8, 12, wires)
    net.source("supply", 0.4)
    for i in range(8):
        wire(net, f"x{i}", "supply", 12, wires)
        for j in np.flatnonzero(gates):
            net.curve(f"x{i}_{j}", f"o{i}_{j}", law(i, j), wires.access_ohm)
    until = Until(tolerance_fraction=1e-8)
    settled = settle_gated(curve, gates[None].astype(float), wires, until, supply_v=0.4)
    agree(settled.current_a[0], net.solve(tmp_path), 0.4 * curve.siemens @ gates)


@pytest.mark.parametrize("seed", range(4))
def test_rows_read_in_groups(seed, tmp_path):
    """Open cells are left out of the netlist; their pitches of the output lines are not."""
    siemens, volts, wires = drawn(200 + seed, 8, 24)
    net = Netlist(8)
    output_lines(net, 8, 24, wires)
    group = slice(8, 16)
    for j in range(8, 16):
        input_line(net, f"x{j}", volts[j], 8, wires)
        for i in range(8):
            net.cell(f"x{j}_{i}", f"o{i}_{j}", siemens[i, j], wires.access_ohm)
    cells = torch.from_numpy(siemens[:, group])
    made = effective_conductance(cells, wires, ahead=8, behind=8).numpy() @ volts[group]
    agree(made, net.solve(tmp_path), siemens[:, group] @ volts[group])
