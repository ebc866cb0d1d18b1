"""Which engine runs an operator: the first rule that matches its role or its name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from math import inf
from typing import final

import numpy as np

from bitline.errors import ConfigError, listed, not_one_of
from bitline.hardware.chip import Chip, Rule
from bitline.mapping.identity import Same
from bitline.operators import Gather, MatMul, Operator, Vector, largest

KNOWN_CHIPS = 64
KNOWN_WORDS = 1024


def engine_for(operator: Operator, chip: Chip) -> str:
    """Name the engine; raises ConfigError where no rule matches or the engine cannot run the operator."""
    return engines_for((operator,), chip)[operator.name]


def engines_for(operators: Iterable[Operator], chip: Chip) -> dict[str, str]:
    """Name the engine of each operator of a block, by the operator's name."""
    return {name: rule.engine for name, rule in rules_for(operators, chip).items()}


def rules_for(operators: Iterable[Operator], chip: Chip) -> dict[str, Rule]:
    """Give the first rule that matches each operator of a block, by the operator's name; raises as `engine_for`."""
    known, engines = _known(Same(chip.placement)), chip.engines
    found = {}
    for operator in operators:
        key = operator.role, operator.name, bisect_left(known.limits, together(operator)) if known.limits else 0
        rule = known.rules.get(key)
        if rule is None or rule.engine not in engines:
            rule = known.rules[key] = _matched(operator, chip)
        engine = engines[rule.engine]
        if not engine.runs(operator):
            raise unable(operator, rule.engine, chip)
        if isinstance(operator, Gather) and operator.width and engine.units and not named(key[:2], chip):
            raise _unnamed(operator, rule.engine, chip)
        found[operator.name] = rule
    return found


def crowds(operators: Iterable[Operator], chip: Chip) -> tuple[int, ...]:
    """Say for each operator between which of the vectors that rules are for it lies: alike, the same rules match."""
    limits = _known(Same(chip.placement)).limits
    return tuple([bisect_left(limits, together(operator)) for operator in operators]) if limits else ()


@final
@dataclass(slots=True)
class _Known:
    """What rules matched before, by role, name and vectors: variants of a chip share it."""

    limits: tuple[int, ...]
    """Most vectors that rules are for, in order: between two of them, vectors make no difference."""
    rules: dict[tuple[str, str, int], Rule]


@lru_cache(maxsize=KNOWN_CHIPS)
def _known(rules: Same[tuple[Rule, ...]]) -> _Known:
    limits = {rule.most_vectors for rule in rules.value if rule.most_vectors is not None}
    return _Known(tuple(sorted(limits)), {})


def matched_engine(words: Collection[str], chip: Chip, vectors: float = inf) -> str | None:
    """Name the engine of the first rule that matches one of these words (a role, a name); None if no rule does.

    Where it is not known how many vectors meet a matrix, rules that ask for few are passed over.
    """
    rule = _first(words, chip, vectors)
    return rule.engine if rule else None


def _first(words: Collection[str], chip: Chip, vectors: float) -> Rule | None:
    for number, rule in enumerate(chip.placement):
        if _fits(rule, vectors) and any(fnmatchcase(word, p) for p in rule.operators for word in words):
            if rule.engine not in chip.engines:
                raise not_one_of(f"placement[{number}].engine", rule.engine, chip.engines, chip.name)
            return rule
    return None


def taking_part(words: Iterable[str], chip: Chip) -> tuple[str, ...]:
    """Name all engines that compute what one of these words names: for few vectors, for many, and beside another."""
    return _taking_part(Same(chip.placement), tuple(words))


@lru_cache(maxsize=KNOWN_WORDS)
def _taking_part(rules: Same[tuple[Rule, ...]], words: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for rule in rules.value:
        if any(fnmatchcase(word, p) for p in rule.operators for word in words):
            found |= dict.fromkeys((rule.engine, *rule.beside_fraction))
            if rule.most_vectors is None:
                break
    return tuple(found)


def together(operator: Operator) -> float:
    """Count the vectors that meet one matrix, or the rows of a function that belong together, at most."""
    if isinstance(operator, MatMul):
        if isinstance(operator.matrices, np.ndarray):
            return largest(operator.vectors / np.maximum(operator.matrices, 1))
        return largest(operator.vectors) / max(operator.matrices, 1)
    return operator.rows_together if isinstance(operator, Vector) else 1


def _fits(rule: Rule, vectors: float) -> bool:
    return rule.most_vectors is None or vectors <= rule.most_vectors


def named(words: Collection[str], chip: Chip) -> bool:
    """Say whether the first rule that matches one of these words does so by name: a bare `*` is for products only."""
    for rule in chip.placement:
        matching = [one for one in rule.operators if any(fnmatchcase(word, one) for word in words)]
        if matching:
            return any(one.strip("*?") for one in matching)
    return False


def _matched(operator: Operator, chip: Chip) -> Rule:
    rule = _first((operator.role, operator.name), chip, together(operator))
    if rule is not None:
        return rule
    raise ConfigError(
        f"{chip.name}: no placement rule matches role {operator.role!r} (operator {operator.name!r}). "
        f"Add it to a rule, or end with one for '*'. Engines: {listed(chip.engines)}."
    )


def _unnamed(operator: Operator, name: str, chip: Chip) -> ConfigError:
    return ConfigError(
        f"{chip.name}: only a bare '*' puts the table {operator.role!r} (operator {operator.name!r}) on engine "
        f"{name!r} ({chip.engines[name].kind}), and there '*' is for products. Name {operator.role!r} in a rule for "
        f"the engine that is to hold it. Engines: {listed(chip.engines)}."
    )


def unable(operator: Operator, name: str, chip: Chip) -> ConfigError:
    """Say that an engine cannot run what placement puts on it, and which ones can."""
    able = [other for other, candidate in chip.engines.items() if candidate.runs(operator)]
    hint = f"Engines that can: {listed(able)}." if able else "No engine of this chip can."
    return ConfigError(
        f"{chip.name}: placement puts {operator.role!r} (operator {operator.name!r}) on engine {name!r} "
        f"({chip.engines[name].kind}), which cannot run it. {hint}"
    )
