"""What the passes of a server took of energy, and on which request: all at once, when times are known.

A pass's energy goes to the requests in it: what it would take without prompts is shared evenly by those that make a
token, the rest by those whose prompts are taken in, by tokens. Leakage goes with the time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bitline.serving.ledger import Ledger, Lines
from bitline.serving.lines import climbs
from bitline.serving.samples import Samples

AT_ONCE = 4096
"""Lines of a ledger worked on together, which bounds the memory."""

Joules = NDArray[np.float64]
"""Low, typical, high along the first axis."""
Sizes = NDArray[np.float64] | NDArray[np.int64]


def spent_j(ledger: Ledger, samples: Samples, requests: int) -> Joules:
    """Give the energy of each request, leakage during its passes included, shape `[3, requests]`."""
    lines, (numbers, takers, tokens, pasts), stays = ledger.lines(), ledger.parts(), ledger.stays()
    watts = np.array(samples.leakage_w)[:, None]
    shares_j = np.zeros((3, lines.steps.size + 1))
    decode_j, prompt_j = passes_j(lines, (numbers, tokens, pasts), samples)
    decode_j += watts * lines.decode_s
    prompt_j += watts * (lines.time_s - lines.decode_s)
    np.cumsum(decode_j / np.maximum(lines.requests, 1), axis=1, out=shares_j[:, 1:])
    each_j = prompt_j[:, numbers] * (tokens / np.bincount(numbers, tokens, lines.steps.size)[numbers])
    stay_j = shares_j[:, stays[2]] - shares_j[:, stays[1]]
    return np.array(
        [
            np.bincount(takers, each_j[kind], requests) + np.bincount(stays[0], stay_j[kind], requests)
            for kind in range(3)
        ]
    )


def passes_j(lines: Lines, parts: tuple[NDArray[np.int64], ...], samples: Samples) -> tuple[Joules, Joules]:
    """Price decode steps, and what parts of prompts `(line, tokens, past)` add; shapes `[3, lines]`, no leakage."""
    decode_j, prompt_j = _decoding_j(lines, samples), _prompts_j(lines, parts, samples)
    return decode_j, (decode_j + prompt_j) * lines.factors_j.T - decode_j


def _decoding_j(lines: Lines, samples: Samples) -> Joules:
    """Price the decode steps of every line, shape `[3, lines]`."""
    found = np.zeros((3, lines.steps.size))
    busy = lines.requests > 0
    for some, many in ((busy & (lines.steps == 1), False), (busy & (lines.steps > 1), True)):
        numbers = np.flatnonzero(some)
        for first in range(0, numbers.size, AT_ONCE):
            part = numbers[first : first + AT_ONCE]
            found[:, part] = _steps_j(lines, part, samples, many=many)
    return found


def _steps_j(lines: Lines, part: NDArray[np.int64], samples: Samples, *, many: bool) -> Joules:
    """Price the steps of some lines, each of one step or of many."""
    contexts, steps = lines.contexts[part], lines.steps[part]
    batch = _Between(lines.requests[part], samples.batches)
    if many:
        start = contexts.astype(np.int64)
        low, low_sum = batch.sums(samples.contexts, samples.decoding[1:], start)
        high, high_sum = batch.sums(samples.contexts, samples.decoding[1:], start + steps)
        found = high_sum - low_sum + (contexts - start) * (high - low)
    else:
        found = batch.at(samples.contexts, samples.decoding[1:], contexts)
    for number, (sizes, costs) in enumerate(zip(samples.sights, samples.seeing, strict=True)):
        sight, growth = lines.seen[part, number].T
        for end in (sight, sight + growth * (steps - 1)):
            found += 0.5 * steps * batch.at(sizes, costs[1:], end)
    return found


def _prompts_j(lines: Lines, parts: tuple[NDArray[np.int64], ...], samples: Samples) -> Joules:
    """Price what parts of prompts `(line, tokens, past)` add to every line, shape `[3, lines]`."""
    numbers, tokens, pasts = parts
    found = np.zeros((3, lines.steps.size))
    mixed = np.flatnonzero(lines.scored)
    requests, scored = lines.requests[mixed], lines.scored[mixed]
    rows = requests + np.bincount(numbers, tokens, lines.steps.size).astype(np.int64)[mixed]
    alone_j, single_j = _table(samples.rows, samples.alone), _table(samples.batches, samples.single)
    scored_j = _table(samples.batches, samples.scored)
    single_j[:, 0] = 0.0
    part = _Between(tokens, samples.tokens)
    added_j = part.at(samples.pasts, samples.taking_in[1:], pasts) - alone_j[:, tokens]
    for kind in range(3):
        found[kind] = np.bincount(numbers, added_j[kind], lines.steps.size)
    found[:, mixed] += alone_j[:, rows] - alone_j[:, scored] + scored_j[:, scored] - single_j[:, requests]
    return found


def _table(sizes: NDArray[np.int64], costs: NDArray[np.float64]) -> Joules:
    """Give the joules of every size from 0 on; below the first sample, its own."""
    every = np.arange(int(sizes[-1]) + 1)
    return np.array([np.interp(every, sizes, one) for one in costs[1:]])


class _Between:
    """Sizes along the middle axis of a table, each in a straight line between two samples."""

    def __init__(self, sizes: NDArray[np.int64], samples: NDArray[np.int64]) -> None:
        if samples.size == 1:
            self._low = self._high = np.zeros(sizes.size, np.int64)
            self._share = np.zeros(sizes.size)
            return
        self._high = np.clip(np.searchsorted(samples, sizes, side="right"), 1, samples.size - 1)
        self._low = self._high - 1
        self._share = (sizes - samples[self._low]) / (samples[self._high] - samples[self._low])

    def at(self, places: NDArray[np.int64], table: NDArray[np.float64], sizes: Sizes) -> NDArray[np.float64]:
        """Give values at sizes along the last axis."""
        place = _place(places, sizes)
        slopes, _ = climbs(places, table)
        return self._at(table, place) + self._at(slopes, place) * (sizes - places[place])

    def sums(
        self, places: NDArray[np.int64], table: NDArray[np.float64], sizes: Sizes
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give values at whole sizes along the last axis, and sums of those at all whole sizes below."""
        place = _place(places, sizes)
        beyond = sizes - places[place]
        value, slope, total = (self._at(one, place) for one in (table, *climbs(places, table)))
        return value + slope * beyond, total + beyond * (value + slope * (beyond - 1) / 2)

    def _at(self, table: NDArray[np.float64], place: NDArray[np.int64]) -> NDArray[np.float64]:
        low = table[:, self._low, place]
        found: NDArray[np.float64] = low + self._share * (table[:, self._high, place] - low)
        return found


def _place(places: NDArray[np.int64], sizes: Sizes) -> NDArray[np.int64]:
    """Give the sample before each size, of those that a straight line begins at."""
    found: NDArray[np.int64] = np.clip(np.searchsorted(places, sizes, side="right") - 1, 0, max(places.size - 2, 0))
    return found
