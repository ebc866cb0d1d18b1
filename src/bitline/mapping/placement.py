"""Which engine runs an operator: the first rule that matches its role or its name."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache

from bitline.errors import ConfigError, listed, not_one_of
from bitline.hardware.chip import Chip
from bitline.mapping.identity import Same
from bitline.operators import Operator

KNOWN_CHIPS = 64


def engine_for(operator: Operator, chip: Chip) -> str:
    """Name the engine; raises ConfigError where no rule matches or the engine cannot run the operator."""
    name = _matched(Same(chip), operator.role, operator.name)
    engine = chip.engines[name]
    if not engine.runs(operator):
        able = [other for other, candidate in chip.engines.items() if candidate.runs(operator)]
        hint = f"Engines that can: {listed(able)}." if able else "No engine of this chip can."
        raise ConfigError(
            f"{chip.name}: placement puts {operator.role!r} (operator {operator.name!r}) on engine {name!r} "
            f"({engine.kind}), which cannot run it. {hint}"
        )
    return name


@lru_cache(maxsize=4096)
def _matched(chip: Same[Chip], role: str, name: str) -> str:
    for pattern, engine in _rules(chip):
        if pattern.fullmatch(role) or pattern.fullmatch(name):
            return engine
    raise ConfigError(
        f"{chip.value.name}: no placement rule matches role {role!r} (operator {name!r}). "
        f"Add it to a rule, or end with one for '*'. Engines: {listed(chip.value.engines)}."
    )


@lru_cache(maxsize=KNOWN_CHIPS)
def _rules(chip: Same[Chip]) -> tuple[tuple[re.Pattern[str], str], ...]:
    found = []
    for number, rule in enumerate(chip.value.placement):
        if rule.engine not in chip.value.engines:
            raise not_one_of(f"placement[{number}].engine", rule.engine, chip.value.engines, chip.value.name)
        found.append((re.compile("|".join(map(translate, rule.operators))), rule.engine))
    return tuple(found)
