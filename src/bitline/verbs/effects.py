"""What a chip does to numbers, taken apart: each effect by its name, with the way to switch it off.

An effect is one entry of `EFFECTS`. Arithmetic in which one effect alone is at work is that of the engine with all
others switched off; with every one off, products are digital but for rounding too fine to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar, final

from torch import nn

from bitline.errors import not_one_of
from bitline.hardware import Adc, Analog, Arithmetic, Floating, InputFormat, WeightFormat

FINE_BITS = 12
"""Codes of this width count as not rounded: on the embedded model they change the loss by a hundred-thousandth."""
WEIGHT_RANGES = ("scale", "slice_bits", "full_scale", "clip_sigmas")
INPUT_RANGES = ("range", "statistic", "percentile", "rescale_fraction")

Format = TypeVar("Format", WeightFormat, InputFormat)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One way in which a chip differs from the digital model."""

    name: str
    meaning: str
    off: Callable[[Arithmetic], Arithmetic]
    """Gives arithmetic without the effect; the same value where there is none."""
    begin: Callable[[nn.Module], object] | None = None
    """Done to a deployed model in which the effect is at work, after calibration (ageing it, for example)."""

    def works_on(self, arithmetic: Arithmetic) -> bool:
        """Say whether the effect is there at all."""
        return self.off(arithmetic) != arithmetic


def without(arithmetic: Arithmetic, effects: Sequence[Effect]) -> Arithmetic:
    """Switch effects off, one after another."""
    for effect in effects:
        arithmetic = effect.off(arithmetic)
    return arithmetic


def chosen(names: Collection[str] | None) -> tuple[Effect, ...]:
    """Give the effects of these names in their usual order; all for None.

    Raises:
        ConfigError: there is no such effect.

    """
    known = [effect.name for effect in EFFECTS]
    for name in names or ():
        if name not in known:
            raise not_one_of("effects", name, known)
    return tuple(effect for effect in EFFECTS if names is None or effect.name in names)


def _exact_weights(arithmetic: Arithmetic) -> Arithmetic:
    if isinstance(arithmetic, Floating):
        return arithmetic
    rounded = replace(arithmetic, weight=_fine(arithmetic.weight, WEIGHT_RANGES))
    if isinstance(rounded, Analog):
        return replace(rounded, cell=replace(rounded.cell, programming_noise=None))
    return rounded


def _quiet_reads(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog):
        return arithmetic
    return replace(arithmetic, cell=replace(arithmetic.cell, read_noise=None), output_noise_fraction=0.0)


def _exact_inputs(arithmetic: Arithmetic) -> Arithmetic:
    if isinstance(arithmetic, Floating):
        return arithmetic
    return replace(arithmetic, input=_fine(arithmetic.input, INPUT_RANGES))


def _exact_converter(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog) or arithmetic.adc.bits is None:
        return arithmetic
    return replace(arithmetic, adc=Adc(kind="ideal", per_array=arithmetic.adc.per_array))


def _fine(form: Format, ranges: Collection[str]) -> Format:
    """Widen codes, and let what decides their full scale be as usual: nothing is clipped."""
    usual = {field.name: field.default for field in fields(form) if field.name in ranges}
    return replace(form, bits=max(form.bits, FINE_BITS), **usual)  # type: ignore[arg-type]


EFFECTS = (
    Effect(name="weights", meaning="cells hold rounded weights, with an error from writing them", off=_exact_weights),
    Effect(name="reads", meaning="every read of the cells is noisy", off=_quiet_reads),
    Effect(
        name="inputs", meaning="input vectors are rounded, and clipped where their range is fixed", off=_exact_inputs
    ),
    Effect(name="converter", meaning="sums are rounded and clipped by their converters", off=_exact_converter),
)
"""In the order in which they are shown."""
