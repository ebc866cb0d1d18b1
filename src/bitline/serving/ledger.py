"""What a server did, pass by pass, for whoever works out afterwards what it spent on whom."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.serving.passes import Seen


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Passes alike that follow each other, arrays of shape `[lines]`."""

    requests: NDArray[np.int64]
    """That make a token in each of the passes."""
    contexts: NDArray[np.float64]
    """Mean of what they look back on in the first pass."""
    steps: NDArray[np.int64]
    """Passes."""
    scored: NDArray[np.int64]
    """Rows whose next token is scored; 0 where no prompt is taken in."""
    time_s: NDArray[np.float64]
    decode_s: NDArray[np.float64]
    """Of that, what the requests that make tokens would have taken alone."""
    factors_j: NDArray[np.float64]
    """Energy over the sum of the parts, shape `[lines, 3]`: low, typical, high."""
    seen: NDArray[np.float64]
    """Shape `[lines, limits, 2]`, see `passes.Seen`."""


@final
class Ledger:
    """Lines of it are passes alike that follow each other: strides of decode steps, or one pass with prompts."""

    def __init__(self) -> None:
        self._lines = array("d")
        self._factors_j = array("d")
        """Line, low, typical, high, where they are not 1."""
        self._seen = array("d")
        self._parts = array("q")
        self._stays = array("q")
        self._began: dict[int, int] = {}
        self.written = 0
        """Lines."""

    def write(
        self, line: tuple[float, ...], seen: Seen, taken: Sequence[int] = (), factors_j: tuple[float, ...] = ()
    ) -> None:
        """Write a line: all that `Lines` has up to `decode_s`, in order.

        Of each part of a prompt that was taken in: its line (`written` before), request, tokens, and past.
        """
        if factors_j:
            self._factors_j.extend((self.written, *factors_j))
        self.written += 1
        self._lines.extend(line)
        if taken:
            self._parts.extend(taken)
        if seen:
            for pair in seen:
                self._seen.extend(pair)

    def begin(self, request: int) -> None:
        """Say that a request makes tokens from the next line on."""
        self._began[request] = self.written

    def stop(self, request: int) -> None:
        """Say that it does no longer."""
        self._stays.extend((request, self._began.pop(request), self.written))

    def lines(self) -> Lines:
        """Give what was written so far."""
        requests, contexts, steps, scored, time_s, decode_s = np.frombuffer(self._lines).reshape(-1, 6).T
        whole = requests.astype(np.int64), steps.astype(np.int64), scored.astype(np.int64)
        factors_j = np.ones((self.written, 3))
        some = np.array(self._factors_j).reshape(-1, 4)
        factors_j[some[:, 0].astype(np.int64)] = some[:, 1:]
        return Lines(
            requests=whole[0], contexts=contexts, steps=whole[1], scored=whole[2], time_s=time_s, decode_s=decode_s,
            factors_j=factors_j,
            seen=np.array(self._seen).reshape(self.written, len(self._seen) // (2 * self.written or 1), 2),
        )  # fmt: skip

    def parts(self) -> NDArray[np.int64]:
        """Give line, request, tokens and past of every part of a prompt, shape `[4, parts]`."""
        return np.array(self._parts, np.int64).reshape(-1, 4).T

    def stays(self) -> NDArray[np.int64]:
        """Give request, first line, and the line before which it had stopped, of all who made tokens, `[3, stays]`."""
        return np.array(self._stays, np.int64).reshape(-1, 3).T
