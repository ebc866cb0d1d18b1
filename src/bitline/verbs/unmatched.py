"""Words of a placement that no known model has an operator for: most likely misspelt, and then never used."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache

from bitline.errors import nearest
from bitline.hardware.chip import Chip
from bitline.workload import decode, load_model, prefill, preset_names


def unmatched(chip: Chip) -> tuple[str, ...]:
    """Tell of each role or name in rules and in the schedule that goes with no operator of any preset."""
    rules = [(f"placement.{place}.operators", rule.operators) for place, rule in enumerate(chip.placement)]
    return tuple(
        _told(where, word)
        for where, words in (*rules, ("schedule.by_head", chip.schedule.by_head))
        for word in words
        if not any(fnmatchcase(known, word) for known in _known())
    )


def _told(where: str, word: str) -> str:
    near = nearest(word, _known())
    hint = f" Nearest: {near!r}." if near else ""
    return f"{where}: no model that comes with Bitline has an operator {word!r}.{hint}"


@cache
def _known() -> frozenset[str]:
    """Collect the roles and names of all operators of all presets."""
    found: set[str] = set()
    for name in preset_names():
        model = load_model(name)
        for step in (prefill(model, 1, 1), *([decode(model, 1, 2)] if model.is_decoder else [])):
            for block in step.blocks:
                found |= {word for operator in block.operators for word in (operator.role, operator.name)}
    return frozenset(found)
