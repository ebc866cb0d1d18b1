"""What converters make of sums, and what digital logic makes of their codes."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import Adc, Correction, InputFormat, Transfer, WeightFormat
from bitline.numerics.converters import code_limits, distortion, step_and_zero
from drawings.layer import analog, error, made
from drawings.style import Panels, line, named


def converters(panels: Panels) -> None:
    """Draw three conventions of equal steps, and how physical converters stray from theirs."""
    left, right = panels
    sums = torch.linspace(-5.0, 5.0, 1201, dtype=torch.float64)
    kinds = {
        "symmetric: 6 steps about zero": Adc(bits=3, range="given", low=(-4.0,), high=(4.0,), steps="symmetric"),
        "all: 7 steps": Adc(bits=3, range="given", low=(-4.0,), high=(4.0,), steps="all"),
        "overflow: 8 steps, from 0": Adc(bits=3, range="given", low=(0.0,), high=(8.0,), steps="overflow"),
    }
    for number, (label, adc) in enumerate(kinds.items()):
        line(left, sums, _read(adc, sums), number=number, label=label)
    named(left, "Steps of a 3-bit converter over -4 .. 4", "sum", "what the code stands for", loc="upper left")
    left.set_ylim(-4.5, 7.0)
    codes = torch.arange(64.0)
    strays = {
        "cubic non-linearity": Adc(bits=6, inl_codes=(0.0, -3.9, 0.0, 3.9)),
        "gain 2 %, offset 1 code": Adc(bits=6, gain_spread_fraction=0.02, offset_spread_codes=1.0),
        "capacitors stray by 20 %": Adc(bits=6, capacitor_spread_fraction=0.2),
        "table: every fourth code": Adc(bits=6, transfer=Transfer(threshold_codes=tuple(4.0 * i + 2 for i in range(16)),
                                                                  output_codes=tuple(4.0 * i + 4 for i in range(16)))),
    }  # fmt: skip
    for number, (label, adc) in enumerate(strays.items()):
        made_by = distortion(adc, 0, 63, torch.zeros(1, dtype=torch.int64), key=("drawn", 3))
        assert made_by is not None
        line(right, codes, made_by.codes(codes[:, None].clone())[:, 0] - codes, number=number, label=label,
             linewidth=1.2)  # fmt: skip
    named(
        right,
        "One converter of 6 bits each",
        "signal (codes)",
        "code given out less signal (codes)",
        loc="upper left",
        ncols=2,
    )
    right.set_ylim(-4.0, 7.5)


def _read(adc: Adc, sums: Tensor) -> Tensor:
    signed = adc.steps != "overflow"
    low, high = code_limits(adc, signed=signed)
    step, zero = step_and_zero(adc, signed=signed, full=4.0, full_product=1.0)
    return ((sums / step + zero).round().clamp(low, high) - zero) * step


def correction(panels: Panels) -> None:
    """Draw the error of a layer against the spread of converters, and against the width of an accumulator."""
    left, right = panels
    spreads = (0.0, 0.01, 0.02, 0.05, 0.1)
    for number, (label, fitted) in enumerate((("none", "none"), ("affine: column", "column"))):
        found = []
        for spread in spreads:
            adc = Adc(bits=8, per_array=512, gain_spread_fraction=spread, offset_spread_codes=100.0 * spread,
                      range="calibrated")  # fmt: skip
            chip = analog(
                adc=adc,
                input=InputFormat(bits_per_pulse=8, signed="bipolar"),
                correction=Correction(affine=fitted),
                weight=WeightFormat(encoding="differential"),
            )
            found.append(error(made(chip)))
        line(left, [100.0 * one for one in spreads], found, number=number, label=label, marker="o")
    named(
        left, "A column fit takes out gain and offset", "gain spread (%; offset as many codes)", "error of outputs (%)"
    )
    left.set_ylim(0.0)
    widths = range(14, 23)
    for number, overflow in enumerate(("saturate", "wrap")):
        found = []
        for bits in widths:
            fix = Correction(accumulator_bits=bits, overflow=overflow)
            found.append(error(made(analog(adc=Adc(bits=9, range="unit"), correction=fix))))
        line(right, list(widths), found, number=number, label=f"overflow: {overflow}", marker="o")
    right.set_yscale("log")
    named(right, "An accumulator of limited width", "accumulator_bits", "error of outputs (%)")
