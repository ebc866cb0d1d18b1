"""Every kind of array against a dense solution of its nodes, written from the circuit alone."""

from __future__ import annotations

import itertools

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
    ohmic,
    separate_source_current,
    settle,
    settle_gated,
)

RELATIVE = 1e-9
"""Of the largest current."""
SIZES = [(1, 1), (1, 9), (7, 1), (5, 8), (12, 7), (16, 16), (6, 20)]
ENDS = list(itertools.product((0.0, 80.0), (0.0, 35.0), (False, True), (False, True)))
"""Source and sense resistance, driven and sensed twice."""
TIGHT = Until(tolerance_fraction=1e-11)
SEGMENTS = [(1.0, 2.5), (0.0, 2.0), (3.0, 0.0), (0.0, 0.0)]


class Circuit:
    """Elements between named nodes; elements of no resistance make one node of two."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}
        self.elements: list[tuple[str, str, object]] = []
        self.held: dict[str, float] = {}

    def node(self, name: str) -> str:
        self.parent.setdefault(name, name)
        while self.parent[name] != name:
            name = self.parent[name]
        return name

    def resistor(self, one: str, other: str, ohm: float) -> None:
        if ohm == 0.0:
            self.parent[self.node(one)] = self.node(other)
        else:
            self.element(one, other, lambda v: (v / ohm, 1.0 / ohm))

    def element(self, one: str, other: str, law) -> None:
        """Add an element whose law gives current and slope at a voltage."""
        self.node(one), self.node(other)
        self.elements.append((one, other, law))

    def solve(self) -> dict[str, float]:
        """Give the current into each held node, by full Newton steps on a dense matrix."""
        held = {self.node(name): volts for name, volts in self.held.items()}
        names = [name for name in {self.node(name) for name in self.parent} if name not in held]
        place = {name: index for index, name in enumerate([*names, *held])}
        ends = [(place[self.node(one)], place[self.node(other)]) for one, other, _ in self.elements]
        volts = np.array([0.0] * len(names) + list(held.values()))
        before = np.inf
        for _ in range(30):
            into, slopes = np.zeros(len(place)), np.zeros((len(place), len(place)))
            for (a, b), (_, _, law) in zip(ends, self.elements, strict=True):
                current, slope = law(volts[a] - volts[b])
                into[a] -= current
                into[b] += current
                slopes[[a, a, b, b], [a, b, a, b]] += [slope, -slope, -slope, slope]
            free = slice(0, len(names))
            # Currents that do not add up to nothing at a node, over the largest; rounding leaves some.
            left = np.abs(into[free]).max() / np.abs(into).max() if names else 0.0
            if left <= 1e-15 or before <= left < 1e-12:
                break
            before = left
            volts[free] += np.linalg.solve(slopes[free, free], into[free])
        return {name: into[place[self.node(name)]] for name in self.held}


def circuit(cells, drive, wires: Wires, *, topology: str) -> Circuit:
    """Lay out cells `[outputs, inputs, kinds]`, each a law, driven by volts (or gated, if fed by supply lines)."""
    net = Circuit()
    outputs, inputs = len(cells), len(cells[0])
    for i in range(outputs):
        net.held[f"s{i}"] = 0.0
        for j in range(1, inputs):
            net.resistor(f"o{i}.{j - 1}", f"o{i}.{j}", wires.output_ohm)
        net.resistor(f"o{i}.{inputs - 1}", f"s{i}", wires.output_ohm + wires.sense_ohm)
        if wires.sensed_twice:
            net.resistor(f"o{i}.0", f"s{i}", wires.output_ohm + wires.sense_ohm)
    if topology == "separate":
        for i in range(outputs):
            line(net, f"x{i}.", "supply", inputs, wires)
        net.held["supply"] = 1.0
    else:
        for j, (kind, sign) in itertools.product(range(inputs), zip("pn", (1.0, -1.0), strict=True)):
            line(net, f"{kind}{j}.", f"{kind}{j}", outputs, wires)
            net.held[f"{kind}{j}"] = sign * drive[j]
    for i, j in itertools.product(range(outputs), range(inputs)):
        for kind, law in zip("pn", cells[i][j], strict=False):
            start = f"x{i}.{j}" if topology == "separate" else f"{kind}{j}.{i}"
            if topology != "separate" or drive[j]:
                net.resistor(start, f"c{kind}{i}.{j}", wires.access_ohm)
                net.element(f"c{kind}{i}.{j}", f"o{i}.{j}", law)
    return net


def line(net: Circuit, name: str, driver: str, crossings: int, wires: Wires) -> None:
    net.resistor(driver, f"{name}0", wires.input_ohm + wires.source_ohm)
    for i in range(1, crossings):
        net.resistor(f"{name}{i - 1}", f"{name}{i}", wires.input_ohm)
    if wires.driven_twice:
        net.resistor(f"{name}{crossings - 1}", driver, wires.input_ohm + wires.source_ohm)


def straight(siemens: float):
    return lambda v: (siemens * v, siemens)


def solved(cells, drive, wires: Wires, topology: str = "input") -> np.ndarray:
    found = circuit(cells, drive, wires, topology=topology).solve()
    return np.array([found[f"s{i}"] for i in range(len(cells))])


def drawn(outputs: int, inputs: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 10 ** rng.uniform(-6, -3.7, (outputs, inputs)) * (rng.random((outputs, inputs)) > 0.1)


def close(made: np.ndarray, wanted: np.ndarray) -> bool:
    return bool(np.abs(np.asarray(made) - wanted).max() <= RELATIVE * np.abs(wanted).max() + 1e-20)


def cases() -> list:
    """Every combination of ends with each kind of segment, going round the sizes."""
    found = []
    for index, (segments, (source, sense, driven, sensed)) in enumerate(itertools.product(SEGMENTS, ENDS)):
        wires = Wires(
            input_ohm=segments[0],
            output_ohm=segments[1],
            source_ohm=source,
            sense_ohm=sense,
            access_ohm=500.0 * (index % 3 == 0),
            driven_twice=driven,
            sensed_twice=sensed,
        )
        found.append((SIZES[index % len(SIZES)], wires))
    return found


@pytest.mark.parametrize(("size", "wires"), cases())
def test_driven_input_lines(size, wires):
    siemens = drawn(*size, seed=1)
    volts = np.random.default_rng(2).uniform(-0.3, 0.5, size[1])
    wanted = solved([[[straight(g)] for g in row] for row in siemens], volts, wires)
    assert close(effective_conductance(torch.from_numpy(siemens), wires).numpy() @ volts, wanted)
    assert close(settle(ohmic(siemens), volts[None], wires).current_a[0], wanted)


@pytest.mark.parametrize(("size", "wires"), cases())
def test_interleaved_pairs(size, wires):
    positive, negative = drawn(*size, seed=3), drawn(*size, seed=4)
    volts = np.random.default_rng(5).uniform(-0.3, 0.5, size[1])
    both = np.stack((positive, negative), axis=-1)
    wanted = solved([[[straight(g) for g in pair] for pair in row] for row in both], volts, wires)
    folded = interleaved_conductance(torch.from_numpy(positive), torch.from_numpy(negative), wires)
    assert close(folded.numpy() @ volts, wanted)
    settled = settle(ohmic(both.reshape(size[0], -1)), volts[None], wires, interleaved=True)
    assert close(settled.current_a[0], wanted)


@pytest.mark.parametrize(("size", "wires"), cases())
def test_separate_source_lines(size, wires):
    siemens = drawn(*size, seed=6)
    gates = np.random.default_rng(7).integers(0, 2, size[1])
    gates[0] = 1
    wanted = solved([[[straight(g)] for g in row] for row in siemens], gates, wires, "separate")
    gated = torch.from_numpy(gates[None].astype(float))
    assert close(separate_source_current(torch.from_numpy(siemens), gated, wires)[0].numpy(), wanted)
    assert close(settle_gated(ohmic(siemens), gated.numpy(), wires).current_a[0], wanted)


@pytest.mark.parametrize(("source", "sense", "driven", "sensed"), ENDS)
@pytest.mark.parametrize("topology", ["input", "interleaved"])
def test_open_rows_are_cells_of_no_conductance(source, sense, driven, sensed, topology):
    wires = Wires(
        input_ohm=2.0, output_ohm=3.0, source_ohm=source, sense_ohm=sense, driven_twice=driven, sensed_twice=sensed
    )
    siemens = drawn(4, 9, seed=8)
    volts = np.random.default_rng(9).uniform(-0.3, 0.5, 9)
    some = slice(3, 5)
    alone = np.zeros_like(siemens)
    alone[:, some] = siemens[:, some]
    part = torch.from_numpy(siemens[:, some])
    if topology == "interleaved":
        both = np.stack((alone, 0.3 * alone[::-1]), axis=-1)
        wanted = solved([[[straight(g) for g in pair] for pair in row] for row in both], volts, wires)
        made = interleaved_conductance(part, 0.3 * part.flip(0), wires, ahead=3, behind=4)
    else:
        wanted = solved([[[straight(g)] for g in row] for row in alone], volts, wires)
        made = effective_conductance(part, wires, ahead=3, behind=4)
        settled = settle(ohmic(part.numpy()), volts[None, some], wires, ahead=3, behind=4)
        assert close(settled.current_a[0], wanted)
    assert close(made.numpy() @ volts[some], wanted)


def laws(curve, shape):
    """Give each cell of a curve as a law of its own."""

    def law(i, j):
        def at(v):
            volts = np.full(shape, v)
            return curve.current_a(volts)[i, j], curve.slope_siemens(volts)[i, j]

        return at

    return [[law(i, j) for j in range(shape[1])] for i in range(shape[0])]


@pytest.mark.parametrize("topology", ["input", "interleaved", "separate"])
@pytest.mark.parametrize("bend", ["hafnium_oxide", "sinh"])
@pytest.mark.parametrize("twice", [False, True])
def test_curved_cells_with_a_transistor(topology, bend, twice):
    """The transistor is a node of its own in the circuit, and part of the cell's curve in `settle`."""
    rng = np.random.default_rng(10)
    inputs = 4 if topology == "interleaved" else 8
    siemens = rng.uniform(50e-6, 225e-6, (5, 8))
    curve = hafnium_oxide(siemens) if bend == "hafnium_oxide" else HyperbolicSine(siemens=siemens, bend_v=0.2)
    wires = Wires(
        input_ohm=8.0, output_ohm=5.0, source_ohm=30.0, access_ohm=3e3, driven_twice=twice, sensed_twice=twice
    )
    cells = laws(curve, siemens.shape)
    if topology == "separate":
        gates = np.array([1, 0, 1, 1, 0, 1, 1, 1])
        wanted = solved([[[law] for law in row] for row in cells], gates, wires, topology)
        found = settle_gated(curve, gates[None].astype(float), wires, TIGHT)
    else:
        volts = rng.uniform(-0.5, 0.5, inputs)
        kinds = 8 // inputs
        wanted = solved([[row[kinds * j : kinds * (j + 1)] for j in range(inputs)] for row in cells], volts, wires)
        found = settle(curve, volts[None], wires, TIGHT, interleaved=topology == "interleaved")
    assert close(found.current_a[0], wanted)
