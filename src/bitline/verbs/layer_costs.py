"""What each operator of a step takes, for programs that simulate serving with tables of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import outside, wrong_type
from bitline.hardware.chip import Chip
from bitline.mapping.holding import hold
from bitline.mapping.identity import Same
from bitline.mapping.place import place
from bitline.mapping.storage import stored_bytes
from bitline.operators import Size, Workload
from bitline.serving import Direct, direct
from bitline.systems import load_chip
from bitline.timeline import prices, seat_j, time_of
from bitline.verbs.described import described
from bitline.workload import Model, chunk, decode, prefill

Kind = Literal["operator", "leakage", "step"]
KNOWN_PLACES = 8
USUAL_PROMPT = 512
"""Encoders are placed for prompts of so many tokens."""


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LayerCost:
    """One operator of one of `layers` alike layers, at each context."""

    kind: Kind
    """An operator, leakage of the whole chip during the step (no time of its own), or the whole step as scheduled."""
    block: str
    layers: int
    operator: str
    role: str
    engine: str
    tokens: int
    """That each request puts through."""
    batch: int
    context: NDArray[np.int64]
    """Tokens that each request looks back on, those of this step included; shape `[contexts]`."""
    time_s: NDArray[np.float64]
    """Of one layer, had the operator the chip to itself; shape `[contexts]`. Of one of the devices that work on it, and
    where requests go in several passes, of these in turn."""
    energy_j: NDArray[np.float64]
    """Of one layer, on all devices; leakage is a row of its own."""


def layer_costs(
    model: Model | str | Path,
    chip: Chip | str | Path,
    *,
    tokens: int = 1,
    context: int | Sequence[int],
    batch: int = 1,
) -> tuple[LayerCost, ...]:
    """Give the cost of every operator when each of `batch` requests puts `tokens` through.

    One token is a decode step; more are a prompt, or a part of one after `context - tokens` others; an encoder takes
    all of its context at once. The last two rows are the leakage and the whole step. Operators times their layers and
    leakage add up to the joules of the step; their seconds do so where none overlap.

    Raises CapacityError where there is no room for the weights; how many keys and values there is room for is left to
    whoever puts requests together.
    """
    contexts = np.atleast_1d(np.asarray(context))
    if contexts.ndim != 1 or not contexts.size or contexts.dtype.kind not in "iu":
        raise wrong_type("context", context, "a whole number or several")
    if contexts.min() < tokens:
        raise outside("context", int(contexts.min()), tokens, 2**24, "tokens")
    placed = _placed(_model(str(model)) if isinstance(model, str | Path) else Same(model), _chip(chip))
    step = _step(placed.model, tokens, contexts, batch)
    plan = place(step, placed.chip, placed.holdings)
    timing = time_of(plan, placed.chip)

    def row(kind: Kind, words: tuple[str, str, str, str], layers: int, time_s: Size, energy_j: Size) -> LayerCost:
        block, operator, role, engine = words
        return LayerCost(
            kind=kind, block=block, layers=layers, operator=operator, role=role, engine=engine, tokens=tokens,
            batch=batch, context=contexts, time_s=np.broadcast_to(time_s, contexts.shape),
            energy_j=np.broadcast_to(energy_j, contexts.shape),
        )  # fmt: skip

    rows = []
    for layer in timing.layers:
        for bill in layer.bills:
            seat = bill.seat
            words = (layer.name, seat.operator.name, seat.operator.role, seat.engine)
            time_s = (bill.time_s + bill.write_s) * timing.passes
            energy_j = seat_j(seat, placed.chip, placed.priced) * timing.passes
            rows.append(row("operator", words, layer.layers, time_s, energy_j))
    leakage_j = placed.priced.leakage_w * timing.time_s
    total_j = sum((one.energy_j * one.layers for one in rows), start=leakage_j)
    rows.append(row("leakage", ("", "leakage", "", ""), 1, 0.0, leakage_j))
    rows.append(row("step", ("", "step", "", ""), 1, timing.time_s, total_j))
    return tuple(rows)


def _step(model: Model, tokens: int, contexts: NDArray[np.int64], batch: int) -> Workload:
    if not model.is_decoder:
        if contexts.max() > tokens:
            raise outside("context", int(contexts.max()), tokens, tokens, "tokens", model.name)
        return prefill(model, batch, tokens)
    if tokens == 1:
        return decode(model, batch, contexts)
    return chunk(model, tokens, contexts - tokens, batch)


@lru_cache(maxsize=KNOWN_PLACES)
def _placed(model: Same[Model], chip: Same[Chip]) -> Direct:
    one = model.value
    if one.is_decoder:
        placed = direct(one, chip.value)
    else:
        usual = min(USUAL_PROMPT, one.context_limit or USUAL_PROMPT)
        holdings = hold(prefill(one, 1, usual), chip.value)
        placed = Direct(model=one, chip=chip.value, holdings=holdings, priced=prices(chip.value))
    stored_bytes(placed.holdings, chip.value, None, 0.0)
    return placed


@lru_cache(maxsize=KNOWN_PLACES)
def _model(name: str) -> Same[Model]:
    return Same(described(name))


def _chip(chip: Chip | str | Path) -> Same[Chip]:
    return Same(chip if isinstance(chip, Chip) else load_chip(chip))
