"""What became of the requests of a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.serving.arrivals import Arrivals


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """Times of every request, shape `[requests]`, not a number for those refused; and sums over the whole."""

    arrivals: Arrivals
    let_in_s: NDArray[np.float64]
    """When its prompt was first begun with, or could have been."""
    first_token_s: NDArray[np.float64]
    finish_s: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    """Of its share in the passes it was in, leakage during them included."""
    energy_low_j: NDArray[np.float64]
    energy_high_j: NDArray[np.float64]
    start_s: float
    """First arrival."""
    end_s: float
    """Last token."""
    idle_s: float
    """With nothing to do."""
    leakage_w: tuple[float, float, float]
    """Of the chip, low, typical and high."""
    passes: int
    put_off: int
    """Times a request lost its keys and values for want of room."""
    running_request_s: float
    """Requests making tokens, summed over time."""
    most_held_tokens: int
    """Tokens whose keys and values were held, or kept free for, at one time; one that only some layers still keep
    counts for as much of a token as it takes of the memory."""
    room_tokens: float
    """For which there is room; infinite where the chip sets no limit."""

    @property
    def done(self) -> NDArray[np.bool_]:
        """Those that were not refused."""
        return np.isfinite(self.finish_s)

    @property
    def refused(self) -> int:
        """Requests that are too long for the model or for the memory."""
        return int(np.count_nonzero(~self.done))

    @property
    def span_s(self) -> float:
        """From the first arrival to the last token."""
        return self.end_s - self.start_s

    @property
    def queueing_s(self) -> NDArray[np.float64]:
        """Of each request: from its arrival until it was let in."""
        return self.let_in_s - self.arrivals.arrival_s

    @property
    def time_to_first_token_s(self) -> NDArray[np.float64]:
        """Of each request, from its arrival."""
        return self.first_token_s - self.arrivals.arrival_s

    @property
    def time_per_token_s(self) -> NDArray[np.float64]:
        """Of each request, the mean of its tokens but the first; not a number where it wants but one."""
        after = self.arrivals.generate - 1
        with np.errstate(invalid="ignore"):
            return np.where(after > 0, (self.finish_s - self.first_token_s) / np.maximum(after, 1), np.nan)

    @property
    def latency_s(self) -> NDArray[np.float64]:
        """Of each request, from its arrival to its last token."""
        return self.finish_s - self.arrivals.arrival_s

    @property
    def idle_j(self) -> float:
        """Leakage while there was nothing to do."""
        return self.leakage_w[1] * self.idle_s

    @property
    def total_j(self) -> float:
        """All energy of the span."""
        return float(self.energy_j.sum()) + self.idle_j

    @property
    def total_low_j(self) -> float:
        """All energy of the span, at the low end of what is known of the parts."""
        return float(self.energy_low_j.sum()) + self.leakage_w[0] * self.idle_s

    @property
    def total_high_j(self) -> float:
        """All energy of the span, at the high end."""
        return float(self.energy_high_j.sum()) + self.leakage_w[2] * self.idle_s

    @property
    def generated(self) -> int:
        """Tokens made."""
        return int(self.arrivals.generate[self.done].sum())

    @property
    def tokens_per_s(self) -> float:
        """Tokens made over the span."""
        return self.generated / self.span_s if self.span_s else 0.0

    @property
    def requests_per_s(self) -> float:
        """Requests finished over the span."""
        return int(self.done.sum()) / self.span_s if self.span_s else 0.0

    @property
    def mean_running(self) -> float:
        """Requests making tokens, on average over the span."""
        return self.running_request_s / self.span_s if self.span_s else 0.0

    def good(self, *, first_token_s: float, per_token_s: float) -> NDArray[np.bool_]:
        """Tell which requests met both targets; one that wants a single token meets the second."""
        with np.errstate(invalid="ignore"):
            slow = (self.time_to_first_token_s > first_token_s) | (self.time_per_token_s > per_token_s)
        return self.done & ~slow

    def goodput_hz(self, *, first_token_s: float, per_token_s: float) -> float:
        """Count the requests that met both targets, per second of the span."""
        good = self.good(first_token_s=first_token_s, per_token_s=per_token_s)
        return int(good.sum()) / self.span_s if self.span_s else 0.0

    def quantiles(self, values: NDArray[np.float64], fractions: tuple[float, ...]) -> tuple[float, ...]:
        """Give the values below which so many of the requests lie that have one."""
        known = values[np.isfinite(values)]
        return tuple(np.quantile(known, fractions).tolist()) if known.size else (float("nan"),) * len(fractions)
