"""What an engine cannot have that holds keys and values: they are rounded, written and read without calibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from bitline.errors import wrong_type
from bitline.hardware.document import Path, Problem

_ALLOWED: Mapping[str, tuple[object, ...]] = {
    "weight.scale": ("column",),
    "weight.full_scale": (None,),
    "weight.clip_sigmas": (None,),
    "input.range": ("dynamic",),
    "input.rescale_fraction": (0.0,),
    "adc.range": ("full", "unit", "given"),
    "correction.affine": ("none",),
    "correction.near_memory": (None,),
    "correction.drift": ("none",),
    "cell.read_noise.replays": (None, 1),
    "array.wires.ideal": (True,),
    "array.wire_resistance_ohm": (0.0,),
    "storage.flipped_fraction": (0.0,),
}


def operand_problems(path: Path, engine: Any) -> Iterator[Problem]:
    """Check the blocks of an engine, or of its arithmetic, whose stationary operands change with every token."""
    for name, allowed in _ALLOWED.items():
        steps = tuple(name.split("."))
        value = engine
        for step in steps:
            value = getattr(value, step, None)
        if value is None or value in allowed:
            continue
        if steps[-1] == "ideal":
            steps, value, allowed = steps[:-1], "given", ("without resistance",)
        expected = f"{' or '.join(str(one) for one in allowed)}, as this is not known for keys and values"
        yield Problem(path=(*path, *steps), sentence=partial(wrong_type, value=value, expected=expected))
