"""What wires do to currents, and storage to numbers."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import OutlierCode, Storage
from bitline.hardware.wires import WireModel
from bitline.numerics.storage import block_float, stored
from bitline.numerics.wires import effective_conductance, wires_of
from drawings.layer import normal
from drawings.style import Panels, line, named

CELLS = 96


def wires(panels: Panels) -> None:
    """Draw where an array loses its current, and how far the approximations are off."""
    left, right = panels
    cells = torch.full((128, 128), 2.5e-5, dtype=torch.float64)
    found = effective_conductance(cells, wires_of(WireModel(wordline_ohm=0.35, bitline_ohm=0.35)), "exact")
    rows = torch.arange(128)
    for number, column in enumerate((0, 31, 63, 127)):
        line(left, rows, 100.0 * found[column] / cells[column], number=number, label=f"column {column}")
    named(left, "128 × 128 cells of 25 µS, 0.35 ohm a pitch", "row (the last is next to the sense amplifier)",
          "effective / real conductance (%)")  # fmt: skip
    mixed = 1e-6 + 9.9e-5 * torch.rand(CELLS, CELLS, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ohms = torch.logspace(-2, 0.7, 10)
    lost: dict[str, list[float]] = {"wires left out": [], "ladder": [], "coarse": []}
    for ohm in ohms:
        lines = wires_of(WireModel(wordline_ohm=float(ohm), bitline_ohm=float(ohm)))
        exact = effective_conductance(mixed, lines, "exact")
        lost["wires left out"].append(_off(mixed, exact))
        for method in ("ladder", "coarse"):
            lost[method].append(_off(effective_conductance(mixed, lines, method), exact))
    for number, (label, errors) in enumerate(lost.items()):
        line(right, ohms, errors, number=number, label=label, marker="o")
    right.set_xscale("log")
    right.set_yscale("log")
    named(right, f"{CELLS} × {CELLS} cells of 1 to 100 µS", "resistance of a pitch (ohm)", "error of currents (%)")


def _off(conductance: Tensor, exact: Tensor) -> float:
    volts = torch.rand(CELLS, 64, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    wanted = exact @ volts
    return float(100.0 * ((conductance @ volts - wanted).norm() / wanted.norm()))


def storage(panels: Panels) -> None:
    """Draw weights whose bits flip, with and without the outlier code; and keys in blocks, in two orders."""
    left, right = panels
    codes = (normal(256, 2048, name="codes") * 32).round().clamp(-127, 127).to(torch.int8)
    rates = torch.logspace(-5, -2, 8)
    for number, (label, guard) in enumerate((("unprotected", None), ("outlier code", OutlierCode()))):
        found = []
        for rate in rates:
            read = stored(codes, 8, Storage(flipped_fraction=float(rate), protection=guard), ("drawn",))
            found.append(float(100.0 * (read.double() - codes.double()).norm() / codes.double().norm()))
        line(left, rates, found, number=number, label=label, marker="o")
    left.set_xscale("log")
    left.set_yscale("log")
    named(left, "8-bit codes as they are read", "share of bits that flip", "error of codes (%)")
    sizes = torch.exp(1.2 * normal(128, name="sizes"))
    keys = normal(256, 128, name="keys") * sizes
    for number, (label, order) in enumerate((("channels in any order", torch.arange(128)),
                                             ("channels sorted by size", sizes.argsort()))):  # fmt: skip
        held = [block_float(keys[:, order], bits, 8, 32).values() for bits in range(3, 9)]
        found = [
            float(100.0 * (one - keys[:, order]).norm(dim=0).div(keys[:, order].norm(dim=0)).mean()) for one in held
        ]
        line(right, list(range(3, 9)), found, number=number, label=label, marker="o")
    right.set_yscale("log")
    named(right, "Keys in blocks of 32 with one exponent", "bits of a mantissa, sign included",
          "error of a channel, mean (%)")  # fmt: skip
