"""What a chip makes of requests as they come: who waits how long, how fast tokens come, what a request costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import final

import numpy as np

from bitline.errors import CapacityError, ConfigError
from bitline.hardware.chip import Chip
from bitline.mapping.identity import Same
from bitline.serving import (
    Arrivals,
    Direct,
    Discipline,
    Extent,
    Passes,
    Room,
    Served,
    direct,
    overlap,
    room,
    sample,
    serve_all,
)
from bitline.systems import load_chip
from bitline.verbs.described import described
from bitline.workload import Model

Progress = Callable[[str, int, int], None]
SHORTEST = 1024
KNOWN_CHIPS = 8


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a request has to meet to count as good; assumptions that a user changes, not a standard."""

    first_token_s: float = 1.0
    per_token_s: float = 0.05

    def __post_init__(self) -> None:
        """Refuse what no request meets."""
        for name in ("first_token_s", "per_token_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"targets.{name} = {getattr(self, name):g} s is not more than 0.")


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Serving:
    """Requests served by one chip."""

    model: str
    chip: str
    policy: str
    discipline: Discipline
    """As it was kept: no more requests at once than there is room for."""
    targets: Targets
    served: Served
    warnings: tuple[str, ...]

    @property
    def goodput_hz(self) -> float:
        """Requests per second that met both targets."""
        targets = self.targets
        return self.served.goodput_hz(first_token_s=targets.first_token_s, per_token_s=targets.per_token_s)

    @property
    def good_fraction(self) -> float:
        """Share of all requests that met both targets; refused ones met none."""
        targets = self.targets
        good = self.served.good(first_token_s=targets.first_token_s, per_token_s=targets.per_token_s)
        return float(good.mean())

    @property
    def energy_per_request_j(self) -> float:
        """All energy of the span, idle times included, over the requests served."""
        served = int(self.served.done.sum())
        return self.served.total_j / served if served else 0.0

    @property
    def energy_per_request_low_j(self) -> float:
        """The same at the low end of what is known of the parts."""
        served = int(self.served.done.sum())
        return self.served.total_low_j / served if served else 0.0

    @property
    def energy_per_request_high_j(self) -> float:
        """The same at the high end."""
        served = int(self.served.done.sum())
        return self.served.total_high_j / served if served else 0.0

    @property
    def energy_per_token_j(self) -> float:
        """All energy of the span over the tokens made."""
        return self.served.total_j / self.served.generated if self.served.generated else 0.0


def serve(
    model: Model | str | Path,
    chip: Chip | str | Path,
    arrivals: Arrivals,
    discipline: Discipline | None = None,
    *,
    targets: Targets | None = None,
    progress: Progress | None = None,
) -> Serving:
    """Serve requests on a chip, first come, first served, pass by pass.

    Prices of passes are samples of the estimator and straight lines between them (see `serving.passes`).
    Raises ConfigError for a model that is not a decoder, CapacityError where the model does not fit.
    """
    model = described(model)
    chip = chip if isinstance(chip, Chip) else load_chip(chip)
    asked = discipline or Discipline()
    placed = direct(model, chip)
    longest = int((arrivals.prompt + arrivals.generate).max())
    if model.design.position_rows is not None:
        longest = min(longest, model.design.position_rows)
    there = room(placed, longest)
    if not there.requests:
        raise CapacityError(f"{model.name} does not fit {chip.name}: no room for the keys and values of one request.")
    kept = replace(asked, requests=min(asked.requests, there.requests))
    if progress is not None:
        progress("asking what passes take", 0, arrivals.requests)
    passes = _passes(Same(model), Same(chip), _extent(longest, kept, there))
    served = serve_all(arrivals, passes, kept, there, progress=progress)
    return Serving(
        model=model.name, chip=chip.name, policy=chip.schedule.policy, discipline=kept, targets=targets or Targets(),
        served=served, warnings=tuple(_warnings(model, chip, asked, kept, served, passes)),
    )  # fmt: skip


def _extent(longest: int, kept: Discipline, there: Room) -> Extent:
    """Give the sizes to sample, rounded up so that loads that are much alike share the samples."""
    context = max(SHORTEST, 2 ** (longest - 1).bit_length())
    # With windows, more tokens fit than the room has whole ones.
    held = None if there.tokens == float("inf") or there.horizons.limits else int(there.tokens)
    context = context if held is None else min(context, held)
    chunk = min(kept.pass_tokens, context) if kept.chunked else context
    rows = max(kept.pass_tokens, kept.requests + chunk)
    if held is not None:
        # Each row of a pass has its key held.
        rows = min(rows, held)
    return Extent(context=context, batch=kept.requests, rows=rows, chunk=chunk, held=held, limits=there.horizons.limits)


@lru_cache(maxsize=KNOWN_CHIPS)
def _passes(model: Same[Model], chip: Same[Chip], extent: Extent) -> Passes:
    """Sample a model on a chip once for all loads."""
    placed = direct(model.value, chip.value)
    extent = _within(placed, extent)
    sums = Passes(sample(placed, extent))
    return Passes(sums.samples, overlap(placed, sums, extent))


def _within(placed: Direct, extent: Extent) -> Extent:
    """Keep to the positions that a model has."""
    rows = placed.model.design.position_rows
    return extent if rows is None else replace(extent, context=min(extent.context, rows), chunk=min(extent.chunk, rows))


def _warnings(
    model: Model, chip: Chip, asked: Discipline, kept: Discipline, served: Served, passes: Passes
) -> list[str]:
    told = []
    if kept.requests < asked.requests:
        told.append(f"{chip.name} has room for the keys and values of {kept.requests} requests at once.")
    if served.refused:
        are = "request is" if served.refused == 1 else "requests are"
        told.append(f"{served.refused:,} {are} refused: too long for the model or for the memory.")
    limit = model.context_limit
    tokens = served.arrivals.prompt + served.arrivals.generate
    if limit is not None and (late := int(np.count_nonzero((tokens > limit) & served.done))):
        are = "request is" if late == 1 else "requests are"
        told.append(f"{late:,} {are} longer than the {limit:,} tokens {model.name} was made for.")
    if passes.overlaps and chip.schedule.policy in ("pipelined", "sequence_blocking"):
        told.append(
            f"{chip.name} works on several blocks of tokens at once: passes with parts of several prompts are priced "
            "as with one such part, and some are off by up to a quarter."
        )
    if served.put_off:
        times = "time" if served.put_off == 1 else "times"
        told.append(f"{served.put_off:,} {times} a request lost its keys and values for want of room and began anew.")
    return told
