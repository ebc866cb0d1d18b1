"""What a reader has to know of values that are kept in fewer bits than they are computed in."""

from __future__ import annotations

from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine


def narrow_storage(chip: Chip) -> list[str]:
    """Say that few bits are counted, and that what they do to a model's answers is not computed."""
    found = []
    for name, engine in chip.engines.items():
        computed = _computed_bits(engine)
        kept = {"weights": engine.stored_weight_bits, "keys and values": engine.stored_cache_bits}
        narrow = [f"{what} in {bits:.4g} bits" for what, bits in kept.items() if bits is not None and bits < computed]
        if narrow:
            found.append(
                f"engine {name!r} keeps {' and '.join(narrow)} each: room, traffic, time and energy count that, "
                f"accuracy does not (deploy and run compute with them as they were)."
            )
    return found


def _computed_bits(engine: Engine) -> int:
    arithmetic = engine.arithmetic()
    return arithmetic.bits if isinstance(arithmetic, Floating) else arithmetic.weight.bits
