"""Which engine runs an operator: the first rule that matches its role or its name.

A rule that matches by a bare `*` is for what its engine can run; for the rest, those behind it are asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from math import inf
from typing import final

import numpy as np

from bitline.errors import ConfigError, listed, not_one_of
from bitline.hardware.chip import Chip, Rule
from bitline.mapping.identity import Same
from bitline.operators import Gather, MatMul, Operator, Stationary, Vector, largest

KNOWN_CHIPS = 64
KNOWN_WORDS = 1024


def engine_for(operator: Operator, chip: Chip) -> str:
    """Name the engine; raises ConfigError where no rule matches or the engine cannot run the operator."""
    return engines_for((operator,), chip)[operator.name]


def engines_for(operators: Iterable[Operator], chip: Chip) -> dict[str, str]:
    """Name the engine of each operator of a block, by the operator's name."""
    return {name: rule.engine for name, rule in rules_for(operators, chip).items()}


def rules_for(operators: Iterable[Operator], chip: Chip) -> dict[str, Rule]:
    """Give the rule that takes each operator of a block, by the operator's name; raises as `engine_for`."""
    known = _known(Same(chip.placement))
    found = {}
    for operator in operators:
        key = operator.role, operator.name, bisect_left(known.limits, together(operator)) if known.limits else 0
        matching = known.rules.get(key)
        if matching is None:
            matching = known.rules[key] = tuple(_matching(key[:2], chip.placement, together(operator)))
        found[operator.name] = _taken(operator, matching, chip)
    return found


def crowds(operators: Iterable[Operator], chip: Chip) -> tuple[int, ...]:
    """Say for each operator between which of the vectors that rules are for it lies: alike, the same rules match."""
    limits = _known(Same(chip.placement)).limits
    return tuple([bisect_left(limits, together(operator)) for operator in operators]) if limits else ()


@final
@dataclass(frozen=True, slots=True)
class Match:
    """A rule that matches a role or a name."""

    number: int
    rule: Rule
    bare: bool
    """By a `*` alone."""


NO_MATCH = Match(-1, Rule(operators=("*",), engine=""), bare=True)


@final
@dataclass(slots=True)
class _Known:
    """What rules matched before, by role, name and vectors: variants of a chip share it."""

    limits: tuple[int, ...]
    """Most vectors that rules are for, in order: between two of them, vectors make no difference."""
    rules: dict[tuple[str, str, int], tuple[Match, ...]]


@lru_cache(maxsize=KNOWN_CHIPS)
def _known(rules: Same[tuple[Rule, ...]]) -> _Known:
    limits = {rule.most_vectors for rule in rules.value if rule.most_vectors is not None}
    return _Known(tuple(sorted(limits)), {})


def matched_engine(
    words: Collection[str], chip: Chip, product: Stationary = "weight", vectors: float = inf
) -> str | None:
    """Name the engine that takes products of this sort with one of these words (a role, a name); None if none does.

    Where it is not known how many vectors meet a matrix, rules that ask for few are passed over.
    """
    matching, asked = tuple(_matching(words, chip.placement, vectors)), _asked_about(words, product)
    found = next((match for match in matching if _is_for(match, asked, chip)), matching[0] if matching else None)
    return _there(found, chip).engine if found else None


def _asked_about(words: Collection[str], product: Stationary) -> MatMul:
    word = next(iter(words), "")
    return MatMul(name=word, role=word, vectors=1, k=1, n=1, stationary=product)


def taking_part(words: Iterable[str], chip: Chip, product: Stationary = "weight") -> tuple[str, ...]:
    """Name all engines that compute what one of these words names: for few vectors, for many, and beside another."""
    return _taking_part(Same(chip), tuple(words), product)


@lru_cache(maxsize=KNOWN_WORDS)
def _taking_part(same: Same[Chip], words: tuple[str, ...], product: Stationary) -> tuple[str, ...]:
    chip, asked = same.value, _asked_about(words, product)
    found: dict[str, None] = {}
    for match in _matching(words, chip.placement, 1):
        if _is_for(match, asked, chip):
            found |= dict.fromkeys((match.rule.engine, *match.rule.beside_fraction))
            if match.rule.most_vectors is None:
                break
    return tuple(found)


def together(operator: Operator) -> float:
    """Count the vectors that meet one matrix, or the rows of a function that belong together, at most."""
    if isinstance(operator, MatMul):
        if isinstance(operator.matrices, np.ndarray):
            return largest(operator.vectors / np.maximum(operator.matrices, 1))
        return largest(operator.vectors) / max(operator.matrices, 1)
    return operator.rows_together if isinstance(operator, Vector) else 1


def _matching(words: Collection[str], rules: Iterable[Rule], vectors: float) -> Iterator[Match]:
    """Give the rules that match one of the words for so many vectors, in order."""
    for number, rule in enumerate(rules):
        if rule.most_vectors is None or vectors <= rule.most_vectors:
            matching = [one for one in rule.operators if any(fnmatchcase(word, one) for word in words)]
            if matching:
                bare = not any(one.strip("*?") for one in matching)
                yield Match(number, rule, bare)


def _taken(operator: Operator, matching: tuple[Match, ...], chip: Chip) -> Rule:
    """Give the first rule that is for an operator; raises ConfigError where there is none, or its engine is unable."""
    for match in matching:
        if _is_for(match, operator, chip):
            rule = _there(match, chip)
            if chip.engines[rule.engine].runs(operator):
                return rule
            raise unable(operator, rule.engine, chip)
    if not matching:
        raise ConfigError(
            f"{chip.name}: no placement rule matches role {operator.role!r} (operator {operator.name!r}). "
            f"Add it to a rule, or end with one for '*'. Engines: {listed(chip.engines)}."
        )
    last = matching[-1].rule.engine
    raise _unnamed(operator, last, chip) if chip.engines[last].runs(operator) else unable(operator, last, chip)


def _is_for(match: Match, operator: Operator, chip: Chip) -> bool:
    """Say whether a rule that matches is for an operator: by name always, by a bare `*` if its engine can run it.

    A table is for units only by name.
    """
    engine = chip.engines.get(match.rule.engine)
    if engine is None or not match.bare:
        return True
    return engine.runs(operator) and not (engine.units and isinstance(operator, Gather) and operator.width)


def _there(match: Match, chip: Chip) -> Rule:
    """Give a rule whose engine there is."""
    if match.rule.engine not in chip.engines:
        raise not_one_of(f"placement[{match.number}].engine", match.rule.engine, chip.engines, chip.name)
    return match.rule


def named(words: Collection[str], chip: Chip) -> bool:
    """Say whether a rule puts a table with one of these words somewhere by name: a bare `*` does not."""
    word = next(iter(words), "")
    table = Gather(name=word, role=word, elements=1, held=1, width=1)
    found = (match for match in _matching(words, chip.placement, 1) if _is_for(match, table, chip))
    return not next(found, NO_MATCH).bare


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
