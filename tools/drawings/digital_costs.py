"""Pictures of docs/costs: scaling between nodes, logic, SRAM and functions."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from bitline.costs import digital, gates, special, sram, stillmaker, technology, vector
from bitline.costs.special import METHODS
from bitline.costs.technology import ends
from bitline.hardware import Figure, Technology
from drawings.style import COLOURS, Panels, line, named, points

NODES_NM = np.geomspace(3.0, 130.0, 120)
MARKED_NM = (3, 7, 16, 28, 65, 130)
AT_28 = Technology(node_nm=28)


def scaling(panels: Panels) -> None:
    """Draw energy from 45 nm by both ways, and delay with the supply."""
    left, right = panels
    scale = technology.energy_scale(45.0, Technology(node_nm=NODES_NM))
    _band(left, NODES_NM, scale)
    line(left, NODES_NM, scale.typical, number=0, label="used")
    line(left, NODES_NM, stillmaker.energy(NODES_NM) / stillmaker.energy(45.0), number=1, label="polynomials, HP")
    line(left, NODES_NM, stillmaker.energy(NODES_NM, "LP") / stillmaker.energy(45.0, "LP"), number=2, label="LP")
    points(left, [7, 7, 7, 7], [0.23, 0.35, 0.40, 0.31], number=6, label="Jouppi over Horowitz")
    left.set(xscale="log", yscale="log", xticks=MARKED_NM, xticklabels=MARKED_NM)
    named(left, "Energy of logic over that at 45 nm", "node, nm", "ratio", loc="upper left")
    volts = np.linspace(0.4, 1.1, 80)
    delay = technology.supply_delay(Technology(node_nm=7.0, supply_v=volts))
    _band(right, volts, delay)
    line(right, volts, delay.typical, number=0, label="used")
    near = volts[(volts >= 0.5) & (volts <= 0.9)]
    for number, family in enumerate(("HP", "LP"), start=1):
        row = stillmaker.DELAY[family][stillmaker.DELAY_NODES_NM.index(7.0)]
        line(right, near, np.polyval(row, near) / np.polyval(row, 0.7), number=number, label=f"polynomial, {family}")
    right.set(yscale="log")
    named(right, "Delay at 7 nm over that at 0.7 V", "supply, V", "ratio")


def logic(panels: Panels) -> None:
    """Draw additions and products by node with what sources state, and a tree by its rows."""
    left, right = panels
    swept = Technology(node_nm=NODES_NM)
    for number, (operation, name) in enumerate((("add", "8-bit addition"), ("multiply", "8-bit product"))):
        figure = digital.energy(operation, "integer", 8, swept)
        _band(left, NODES_NM, figure, scale=1e15, number=number)
        line(left, NODES_NM, figure.typical * 1e15, number=number, label=name)
    points(left, [45, 7, 45, 7], [30, 7, 200, 70], number=6, label="Horowitz, Jouppi")
    points(left, [40, 40], [52, 792], number=4, label="Aladdin")
    points(left, [28, 28], [13.6, 113], number=5, label="gates, half of them")
    left.set(xscale="log", yscale="log", xticks=MARKED_NM, xticklabels=MARKED_NM)
    named(left, "Energy of an operation", "node, nm", "fJ", loc="lower right")
    rows = 2.0 ** np.arange(2, 11)
    for number, toggles in enumerate((0.5, 0.25, 0.1)):
        adders = gates.tree_adders(rows, 8) * gates.tree_switching(rows, 8, toggles) * 0.5
        per_product = gates.energy(AT_28, adders=adders, products=rows * 8 * toggles).typical / rows
        line(right, rows, per_product * 1e15, number=number, label=f"{toggles:g} of the input bits change")
    right.set(xscale="log", ylim=(0, None), xticks=[4, 16, 64, 256, 1024], xticklabels=[4, 16, 64, 256, 1024])
    named(right, "Adder tree at 28 nm, one bit of an input times 8 bits", "rows summed", "fJ per product")


def memories(panels: Panels) -> None:
    """Draw reading by capacity and word, and the area of a bit by node."""
    left, right = panels
    kib = np.geomspace(0.5, 16384, 120)
    for number, word in enumerate((32, 64, 256, 1024)):
        whole = sram.bit_energy("read_j", kib * 1024, word, Technology(node_nm=22)).times(word * 1e12)
        line(left, kib, whole.typical, number=number, label=f"{word} bits")
    points(left, [8, 32, 1024], [7.5, 8.5, 14], number=6, label="caches at 7 nm, 64 bits")
    left.set(xscale="log", yscale="log")
    named(left, "Reading a word at 22 nm", "KiB", "pJ", ncols=2)
    bits = 64 * 1024 * 8
    area = sram.area(64 * 1024, 64, Technology(node_nm=NODES_NM)).times(1e12 / bits)
    _band(right, NODES_NM, area)
    line(right, NODES_NM, area.typical, number=0, label="64 KiB, used")
    points(right, [28, 16, 7, 5, 3], [0.127, 0.07, 0.027, 0.021, 0.0199], number=6, label="bare cells of foundries")
    right.set(xscale="log", yscale="log", xticks=MARKED_NM, xticklabels=MARKED_NM)
    named(right, "Area of a bit of SRAM", "node, nm", "um2")


def functions(panels: Panels) -> None:
    """Draw an exponential by method and width, and whole functions."""
    left, right = panels
    bits = np.arange(8, 33)
    for number, method in enumerate(METHODS):
        energies = special.energy("exp", method, bits, AT_28).typical
        line(left, bits, energies * 1e12, number=number, label=method)
    left.set(yscale="log")
    named(left, "Exponential at 28 nm", "bits of a floating number", "pJ")
    names = ("softmax", "layernorm", "rmsnorm", "gelu", "silu")
    add, multiply = (ask(16, AT_28).typical for ask in (vector.addition_energy, vector.product_energy))
    for number, method in enumerate(METHODS):
        each = []
        for name in names:
            known = vector.FUNCTIONS[name]
            specials = sum(special.energy(one, method, 16, AT_28).typical * n for one, n in known.specials.items())
            each.append((known.adds * add + known.multiplies * multiply + specials) * 1e12)
        points(right, range(len(names)), each, number=number, label=method)
    right.set(ylim=(0, None), xticks=range(len(names)), xticklabels=names)
    named(right, "An element of a function in half precision at 28 nm", "", "pJ")


def _band(axes: Axes, x: object, figure: Figure, *, scale: float = 1.0, number: int = 0) -> None:
    low, high = ends(figure)
    axes.fill_between(x, low * scale, high * scale, color=COLOURS[number], alpha=0.15, linewidth=0)
