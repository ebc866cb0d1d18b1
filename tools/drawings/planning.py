"""Plans side by side: the error that conversion adds, simulated and derived."""

from __future__ import annotations

from bitline.hardware import Adc, Array, Cell, Spread
from drawings.layer import analog, error, layer, made
from drawings.style import Panels, line, named, points

WIDTHS = (3, 4, 5, 6, 7, 8)


def plans(panels: Panels) -> None:
    """Draw the error of a layer against bits of its converter, and one output after another of both plans."""
    left, right = panels
    cell = Cell(technology="any", bits=2, programming_noise=Spread(sigma_fraction=0.02))
    small = Array(rows=64, columns=512)
    chips = {bits: analog(cell=cell, array=small, adc=Adc(bits=bits, range="calibrated")) for bits in WIDTHS}
    exact = [error(made(chips[bits], plan="exact")) for bits in WIDTHS]
    derived = [error(made(chips[bits], plan="statistical")) for bits in WIDTHS]
    folded = error(made(analog(cell=cell)))
    line(left, WIDTHS, exact, number=0, label="exact")
    points(left, WIDTHS, derived, number=1, label="statistical")
    left.axhline(folded, color="#555555", linestyle=":", label="fold, without a converter")
    left.set_yscale("log")
    named(left, "2-bit cells that stray by 2 %", "bits of the converter", "error of outputs (%)")
    weight, x = layer()
    wanted = x @ weight.T
    for number, plan in enumerate(("exact", "statistical")):
        held = made(chips[5], plan=plan)
        strayed = (held.multiply(x) - wanted).std(dim=0)
        line(right, range(len(strayed)), strayed / wanted.std() * 100.0, number=number, label=plan, linewidth=1.2)
    named(right, "5-bit converter, output by output", "output", "deviation of the error (%)")
    right.set_ylim(0.0)
