"""Requests as a server meets them: when each arrives, how long its prompt is, how many tokens it wants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import ConfigError, outside, wrong_type

MOST_REQUESTS = 10_000_000
MOST_TOKENS = 2**24


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """Requests in the order in which they arrive, arrays of shape `[requests]`."""

    arrival_s: NDArray[np.float64]
    prompt: NDArray[np.int64]
    """Tokens to take in, 1 or more."""
    generate: NDArray[np.int64]
    """Tokens to make, 1 or more: the pass over the prompt makes the first."""
    source: str = ""
    """Where they are from, in words."""

    def __post_init__(self) -> None:
        """Refuse what no server could meet."""
        sizes = {one.shape for one in (self.arrival_s, self.prompt, self.generate)}
        if len(sizes) != 1 or self.arrival_s.ndim != 1 or not self.arrival_s.size:
            raise wrong_type("arrivals", tuple(sizes), "three one-dimensional arrays of one length", self.source)
        if not np.isfinite(self.arrival_s).all() or (np.diff(self.arrival_s) < 0).any():
            raise ConfigError(f"{self.source or 'arrivals'}: times have to be finite and in order.")
        for name, values in (("prompt", self.prompt), ("generate", self.generate)):
            for bad in values[(values < 1) | (values > MOST_TOKENS)][:1]:
                raise outside(name, int(bad), 1, MOST_TOKENS, "tokens", self.source)

    @property
    def requests(self) -> int:
        """How many."""
        return int(self.arrival_s.size)

    @property
    def rate_hz(self) -> float:
        """Mean arrivals per second; infinite where all come at once."""
        span_s = float(self.arrival_s[-1] - self.arrival_s[0])
        return (self.requests - 1) / span_s if span_s else float("inf")

    def first(self, requests: int) -> Arrivals:
        """Give the first so many."""
        if not 1 <= requests <= self.requests:
            raise outside("requests", requests, 1, self.requests, "", self.source)
        cut = slice(requests)
        return Arrivals(
            arrival_s=self.arrival_s[cut], prompt=self.prompt[cut], generate=self.generate[cut], source=self.source
        )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Log-normal lengths with a mean and a relative spread; 0 spread makes all alike."""

    mean_tokens: float
    spread_fraction: float = 0.0
    """Standard deviation over mean."""
    of: str = "lengths"
    """Whose they are, in errors."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        for name in ("mean_tokens", "spread_fraction"):
            if np.isnan(getattr(self, name)):
                raise ConfigError(f"{self.of}: {name} is not a number.")
        if not 1 <= self.mean_tokens <= MOST_TOKENS:
            raise outside("mean_tokens", self.mean_tokens, 1, MOST_TOKENS, "tokens", self.of)
        if not 0 <= self.spread_fraction <= 10:
            raise outside("spread_fraction", self.spread_fraction, 0, 10, "", self.of)

    def draw(self, requests: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw whole numbers, 1 at least; rounding up short ones lifts the mean a little."""
        variance = np.log1p(self.spread_fraction**2)
        drawn = rng.lognormal(np.log(self.mean_tokens) - variance / 2, np.sqrt(variance), requests)
        return np.clip(np.rint(drawn), 1, MOST_TOKENS).astype(np.int64)


def poisson(rate_hz: float, requests: int, *, prompt: Lengths, generate: Lengths, seed: int = 0) -> Arrivals:
    """Draw requests that arrive independently of each other; the same seed gives the same requests.

    Times, prompts and outputs each have a stream of their own, so changing one leaves the others as they were.
    An infinite rate brings all at time 0.
    """
    streams = _streams(rate_hz, requests, seed)
    return Arrivals(
        arrival_s=_times_s(rate_hz, requests, streams[0]),
        prompt=prompt.draw(requests, streams[1]),
        generate=generate.draw(requests, streams[2]),
        source=f"Poisson, {rate_hz:g} requests/s, seed {seed}",
    )


def resampled(arrivals: Arrivals, rate_hz: float, requests: int, *, seed: int = 0) -> Arrivals:
    """Draw Poisson arrivals whose pairs of lengths are drawn from other requests."""
    streams = _streams(rate_hz, requests, seed)
    drawn = streams[1].integers(arrivals.requests, size=requests)
    return Arrivals(
        arrival_s=_times_s(rate_hz, requests, streams[0]),
        prompt=arrivals.prompt[drawn],
        generate=arrivals.generate[drawn],
        source=f"Poisson, {rate_hz:g} requests/s, seed {seed}; lengths of {arrivals.source}",
    )


def _streams(rate_hz: float, requests: int, seed: int) -> list[np.random.Generator]:
    if not 1 <= requests <= MOST_REQUESTS:
        raise outside("requests", requests, 1, MOST_REQUESTS, "")
    if not rate_hz > 0:
        raise ConfigError(f"rate = {rate_hz:g} requests/s is not more than 0.")
    if seed < 0:
        raise outside("seed", seed, 0, 2**63, "")
    return [np.random.default_rng(one) for one in np.random.SeedSequence(seed).spawn(3)]


def _times_s(rate_hz: float, requests: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return np.cumsum(rng.exponential(1.0, requests)) / rate_hz
