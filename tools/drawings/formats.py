"""How weights become cells and inputs become pulses."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bitline.hardware import Cell, InputFormat, Spread, WeightFormat
from drawings.layer import INPUTS, OUTPUTS, VECTORS, analog, error, made, normal
from drawings.style import Panels, line, named


def heavy(*shape: int, name: str) -> Tensor:
    """Give numbers with long tails: a normal number over the root of a mean of four squares (Student's t)."""
    return normal(*shape, name=name) / normal(4, *shape, name=f"{name} tails").square().mean(dim=0).sqrt()


def weights(panels: Panels) -> None:
    """Draw the error from stray cells by encoding, and from rounding by where weights are clipped."""
    left, right = panels
    shares = (0.0, 0.01, 0.02, 0.04, 0.06, 0.08)
    kinds = {
        "offset": WeightFormat(encoding="offset"),
        "bias column": WeightFormat(encoding="bias_column"),
        "differential": WeightFormat(encoding="differential"),
        "differential, balanced digits": WeightFormat(encoding="differential", digits="balanced"),
        "differential, slices 1-1-1-2-2": WeightFormat(encoding="differential", slice_bits=(2, 2, 1, 1, 1)),
    }
    for number, (label, form) in enumerate(kinds.items()):
        cells = (Cell(technology="any", bits=2, programming_noise=Spread(sigma_fraction=one)) for one in shares)
        found = [error(made(analog(cell=cell, weight=form))) for cell in cells]
        line(left, [100.0 * one for one in shares], found, number=number, label=label, marker="o")
    named(left, "8-bit weights on stray cells", "programming error / range (%)", "error of outputs (%)")
    sigmas = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
    long = heavy(OUTPUTS, INPUTS, name="weights")
    for number, bits in enumerate((4, 6, 8)):
        forms = (WeightFormat(bits=bits, encoding="differential", clip_sigmas=one) for one in sigmas)
        found = [error(made(analog(weight=form), weight=long), long) for form in forms]
        line(right, sigmas, found, number=number, label=f"{bits} bits", marker="o")
    right.set_yscale("log")
    named(right, "Clipping weights with long tails", "clipped at (standard deviations)", "error of outputs (%)")


def inputs(panels: Panels) -> None:
    """Draw the error from rounding inputs, by how their range is found, and from channels of outliers."""
    left, right = panels
    widths = (3, 4, 5, 6, 7, 8)
    x, shown = (heavy(VECTORS, INPUTS, name=name) for name in ("inputs", "examples"))
    kinds = {
        "dynamic": InputFormat(),
        "static, max": InputFormat(range="static"),
        "static, percentile 99.9": InputFormat(range="static", statistic="percentile", percentile=99.9),
        "static, mse": InputFormat(range="static", statistic="mse"),
        "row": InputFormat(range="row"),
    }
    for number, (label, form) in enumerate(kinds.items()):
        found = [error(made(analog(input=replace(form, bits=bits)), shown=shown), x=x) for bits in widths]
        line(left, widths, found, number=number, label=label, marker="o")
    left.set_yscale("log")
    named(left, "Inputs with long tails", "bits of an input", "error of outputs (%)")
    loud = torch.where(torch.arange(INPUTS) % 32 == 0, 20.0, 1.0)
    x, shown = normal(VECTORS, INPUTS, name="inputs") * loud, normal(VECTORS, INPUTS, name="examples") * loud
    shares = (0.0, 0.25, 0.5, 0.75, 1.0)
    for number, (wide, bits) in enumerate(((8, 4), (4, 4), (8, 6))):
        found = []
        for share in shares:
            form = InputFormat(bits=bits, range="static", rescale_fraction=share)
            chip = analog(input=form, weight=WeightFormat(bits=wide, encoding="differential"))
            found.append(error(made(chip, shown=shown), x=x))
        line(right, shares, found, number=number, label=f"{bits}-bit inputs, {wide}-bit weights", marker="o")
    right.set_yscale("log")
    right.set_ylim(3.0, 600.0)
    named(right, "One channel in 32 twenty times as large", "rescale_fraction", "error of outputs (%)",
          loc="upper right")  # fmt: skip
