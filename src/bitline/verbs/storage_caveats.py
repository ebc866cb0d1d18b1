"""What a reader has to know of values that are kept in fewer bits than they are computed in."""

from __future__ import annotations

from collections.abc import Collection

from bitline.hardware.arithmetic import Floating, Integer
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.formats import AS_COMPUTED, WIDE, Formats
from bitline.operators import MatMul

_PRODUCT = MatMul(name="product", role="product", vectors=1, k=1, n=1)


def narrow_storage(chip: Chip) -> list[str]:
    """Say where few bits are counted, and what they do to a model's answers is not computed."""
    found = []
    for name, engine in chip.engines.items():
        arithmetic = engine.arithmetic()
        if isinstance(arithmetic, Floating) and arithmetic.bits < WIDE and arithmetic.formats == AS_COMPUTED:
            if engine.runs(_PRODUCT):
                found.append(
                    f"engine {name!r} computes products in {arithmetic.bits} bits: time and energy count that, "
                    f"accuracy does not (deploy and run compute them in floating point as they were)."
                )
            continue
        kept = {"weights": engine.stored_weight_bits, "keys and values": engine.stored_cache_bits}
        done = _computed(engine)
        narrow = [
            f"{what} in {bits:.4g} bits"
            for what, bits in kept.items()
            if bits is not None and bits < _least_bits(engine) and what not in done
        ]
        if narrow:
            found.append(
                f"engine {name!r} keeps {' and '.join(narrow)} each: room, traffic, time and energy count that, "
                f"accuracy does not (deploy and run compute with them as they were)."
            )
    return found


def assumed_formats(chip: Chip, engines: Collection[str]) -> list[str]:
    """Say how operands in few bits were rounded on these engines, as a description says bits and seldom how."""
    found = []
    for name in engines:
        formats = _formats(chip.engines[name])
        rounded = {"weights": formats.weight, "keys and values": formats.cache, "inputs": formats.input}
        said = [f"{what} as {form.words}" for what, form in rounded.items() if form is not None]
        if said:
            found.append(
                f"engine {name!r} rounds {', '.join(said)}: to nearest, without calibration; what the description "
                f"leaves open of that is assumed."
            )
    return found


def _formats(engine: Engine) -> Formats:
    arithmetic = engine.arithmetic()
    return arithmetic.formats if isinstance(arithmetic, Floating | Integer) else AS_COMPUTED


def _computed(engine: Engine) -> set[str]:
    formats = _formats(engine)
    return {what for what, form in (("weights", formats.weight), ("keys and values", formats.cache)) if form}


def _least_bits(engine: Engine) -> int:
    """Give the bits from which a kept value loses nothing that is not computed."""
    arithmetic = engine.arithmetic()
    return max(arithmetic.bits, WIDE) if isinstance(arithmetic, Floating) else arithmetic.weight.bits
