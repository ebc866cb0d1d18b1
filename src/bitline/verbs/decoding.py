"""The decode steps of a request, priced.

Who asks about a model on a chip once is answered for the contexts of that request. Who asks again will ask for more:
then all contexts are priced once, and later requests are looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import CapacityError
from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.mapping.identity import Same
from bitline.mapping.place import place
from bitline.mapping.plan import Holdings
from bitline.operators import Workload
from bitline.timeline.course import Course
from bitline.timeline.step import Timing, time_of
from bitline.verbs.request import Request
from bitline.workload import Model, decode

KNOWN = 32
SHORTEST = 4096
"""Contexts of a course at least, where the model has so many."""


@final
@dataclass(slots=True)
class _Met:
    """What is known of a model on a chip."""

    times: int = 0
    course: Course | None = None
    fits: bool = True
    """Whether keys and values of all contexts of a course do."""


def decoded(model: Model, chip: Chip, request: Request, holdings: Holdings, activity: Mapping[str, Activity]) -> Timing:
    """Price the steps that make the tokens after the first."""
    course = _course(model, chip, request, holdings, activity)
    if course is None:
        return time_of(place(_steps(Same(model), request), chip, holdings), chip, activity)
    return course.stretch(request.prompt + 1, request.steps)


def _course(
    model: Model, chip: Chip, request: Request, holdings: Holdings, activity: Mapping[str, Activity]
) -> Course | None:
    """Give the steps at all contexts to whoever asks again; None where a step sees more than its context."""
    if model.design.source_limit is not None:
        return None
    busy = tuple(sorted(activity.items(), key=lambda item: item[0]))
    met = _met(Same(model), Same(chip), Same(holdings), request.batch, busy)
    met.times += 1
    last = request.prompt + request.steps
    if met.times > 1 and met.fits and (met.course is None or met.course.last < last):
        try:
            met.course = Course(place(_all_steps(model, request.batch, last), chip, holdings), chip, activity)
        except CapacityError:
            met.fits = False
    return met.course if met.course is not None and met.course.last >= last else None


def contexts_of(model: Model, request: Request) -> NDArray[np.int64]:
    """Give what each step looks back on, the new token included, shape `[steps]`."""
    seen, _ = seen_before(model, request)
    contexts = seen + 1 + np.arange(request.steps, dtype=np.int64)
    contexts.setflags(write=False)
    return contexts


def seen_before(model: Model, request: Request) -> tuple[int, int | None]:
    """Give the tokens a decoder has seen after the prefill, and the rows of an encoder's output beside them."""
    return (request.prompt, None) if model.design.source_limit is None else (1, request.prompt)


@lru_cache(maxsize=KNOWN)
def one_more(model: Same[Model], batch: int) -> Workload:
    """Give the operators that make one token, at the shortest context."""
    return decode(model.value, batch, 1)


@lru_cache(maxsize=KNOWN)
def _steps(same: Same[Model], request: Request) -> Workload:
    """Give the operators of all steps of a request, once for all chips of a sweep."""
    _, source = seen_before(same.value, request)
    return decode(same.value, request.batch, contexts_of(same.value, request), source=source)


def _all_steps(model: Model, batch: int, last: int) -> Workload:
    limit = model.design.position_rows
    longest = max(SHORTEST, 2 ** (last - 1).bit_length())
    if limit is not None:
        longest = max(last, min(longest, limit))
    return decode(model, batch, 1 + np.arange(longest))


@lru_cache(maxsize=KNOWN)
def _met(
    model: Same[Model],  # noqa: ARG001
    chip: Same[Chip],  # noqa: ARG001
    holdings: Same[Holdings],  # noqa: ARG001
    batch: int,  # noqa: ARG001
    activity: tuple[tuple[str, Activity], ...],  # noqa: ARG001
) -> _Met:
    return _Met()
