"""What a chip does to numbers, taken apart: each effect by its name, with the way to switch it off.

An effect is one entry of `EFFECTS`. Arithmetic in which one effect alone is at work is that of the engine with all
others switched off; with every one off, products are digital but for rounding too fine to matter.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from typing import Any, TypeVar, cast, final

from bitline.errors import not_one_of
from bitline.hardware import Adc, Analog, Arithmetic, Floating, InputFormat, Integer, WeightFormat

FINE_BITS = 12
"""Codes of this width count as not rounded: on the embedded model they change the loss by a hundred-thousandth."""
WEIGHT_RANGES = ("scale", "slice_bits", "full_scale", "clip_sigmas")
INPUT_RANGES = ("range", "statistic", "percentile", "rescale_fraction")

CORRECTED = ("affine", "near_memory", "accumulator_bits", "overflow")
"""What stands behind converters and makes the best of them."""
TIME = "time"
"""Only of chips that are read after a while."""

Format = TypeVar("Format", WeightFormat, InputFormat)
Value = TypeVar("Value")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One way in which a chip differs from the digital model."""

    name: str
    meaning: str
    off: Callable[[Arithmetic], Arithmetic]
    """Gives arithmetic without the effect; the same value where there is none."""

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
    if isinstance(arithmetic, Floating | Integer):
        arithmetic = replace(arithmetic, formats=replace(arithmetic.formats, weight=None, cache=None))
    if isinstance(arithmetic, Floating):
        return arithmetic
    rounded = _usual(replace(arithmetic, weight=_fine(arithmetic.weight, WEIGHT_RANGES)), ("storage",))
    if isinstance(rounded, Analog):
        return replace(rounded, cell=_usual(rounded.cell, ("programming_noise", "faults", "table")))
    return rounded


def _quiet_reads(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog):
        return arithmetic
    return replace(arithmetic, cell=replace(arithmetic.cell, read_noise=None), output_noise_fraction=0.0)


def _exact_inputs(arithmetic: Arithmetic) -> Arithmetic:
    if isinstance(arithmetic, Floating | Integer):
        arithmetic = replace(arithmetic, formats=replace(arithmetic.formats, input=None))
    if isinstance(arithmetic, Floating):
        return arithmetic
    return replace(arithmetic, input=_fine(arithmetic.input, INPUT_RANGES))


def _exact_converter(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog) or arithmetic.adc.bits is None:
        return arithmetic
    exact = Adc(kind="ideal", per_array=arithmetic.adc.per_array)
    return replace(arithmetic, adc=exact, correction=_usual(arithmetic.correction, CORRECTED))


def _ideal_wires(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog):
        return arithmetic
    return replace(arithmetic, array=_usual(arithmetic.array, ("wire_resistance_ohm", "wires")))


def _no_time(arithmetic: Arithmetic) -> Arithmetic:
    if not isinstance(arithmetic, Analog):
        return arithmetic
    cell = _usual(arithmetic.cell, ("drift", "temperature"))
    return replace(arithmetic, cell=cell, correction=_usual(arithmetic.correction, ("drift",)))


def _fine(form: Format, ranges: Collection[str]) -> Format:
    """Widen codes, and let what decides their full scale be as usual: nothing is clipped."""
    return replace(_usual(form, ranges), bits=max(form.bits, FINE_BITS))


def _usual(value: Value, names: Collection[str]) -> Value:
    """Give these fields of a value, where it has them, what they are if nothing is said."""
    known: Any = value
    return cast("Value", replace(known, **{one.name: _default(one) for one in fields(known) if one.name in names}))


def _default(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


EFFECTS = (
    Effect(name="weights", meaning="cells hold rounded weights, with an error from writing them", off=_exact_weights),
    Effect(name="reads", meaning="every read of the cells is noisy", off=_quiet_reads),
    Effect(
        name="inputs", meaning="input vectors are rounded, and clipped where their range is fixed", off=_exact_inputs
    ),
    Effect(name="wires", meaning="wires drop part of the voltage on the way", off=_ideal_wires),
    Effect(name="converter", meaning="sums are rounded and clipped by their converters", off=_exact_converter),
    Effect(name=TIME, meaning="cells drift with age and heat", off=_no_time),
)
"""In the order in which they are shown."""
