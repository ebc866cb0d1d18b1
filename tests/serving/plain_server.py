"""A server without shortcuts: a list of requests, and for every pass the exact workload of those in it.

It keeps no sums, no samples and no strides: one pass at a time, each priced by the estimator as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bitline.serving import Arrivals, Direct, Discipline, Room
from bitline.workload import chunk, decode, kv_cache_bytes, mixed


@dataclass
class Guest:
    """A request: how much of it is still to be taken in before it makes a token, what is held of it, what is made."""

    number: int
    left: int
    past: int = 0
    made: int = 0


class PlainServer:
    """First come, first served; `run` until all are."""

    def __init__(self, one: Direct, load: Arrivals, rules: Discipline, room: Room) -> None:
        self.one, self.load, self.rules, self.room = one, load, rules, room
        self.prompt, self.want = load.prompt.tolist(), load.generate.tolist()
        self.queue = [Guest(number, self.prompt[number]) for number in range(load.requests)]
        self.inside: list[Guest] = []
        self.clock_s = float(load.arrival_s[0])
        self.let_in_s, self.first_token_s, self.finish_s = np.full((3, load.requests), np.nan)
        self.spent_j = np.zeros((3, load.requests))
        self.passes = self.put_off = self.most_held = self.tokens_taken = 0
        self._values: dict[int, int] = {}

    def run(self) -> PlainServer:
        """Serve all."""
        while self.queue or self.inside:
            self.let_in()
            if self.inside:
                self.make_room()
                self.one_pass()
            else:
                self.clock_s = float(self.load.arrival_s[self.queue[0].number])
        return self

    def let_in(self) -> None:
        """Take what has come and has room."""
        while self.queue and self.load.arrival_s[self.queue[0].number] <= self.clock_s:
            guest = self.queue[0]
            spare = self.rules.spare_fraction if self.inside and not self.rules.reserve else 0.0
            used = self.used() + self.kept(guest)
            full = used > self.room.values * (1 - spare) or used + self.growth() > self.room.values
            if full or len(self.inside) == self.rules.requests:
                return
            self.inside.append(self.queue.pop(0))
            if np.isnan(self.let_in_s[guest.number]):
                self.let_in_s[guest.number] = self.clock_s

    def make_room(self) -> None:
        """Put off the one let in last, of those that take in a prompt if there are any."""
        while self.used() + self.growth() > self.room.values:
            away = next((guest for guest in reversed(self.inside) if guest.left), self.inside[-1])
            self.inside.remove(away)
            away.left, away.past = self.prompt[away.number] + away.made, 0
            self.queue.insert(0, away)
            self.put_off += 1

    def one_pass(self) -> None:
        """Make a token of every request that has its prompt in, and take in parts of the others'."""
        making = [guest for guest in self.inside if not guest.left]
        taking = self.chosen(self.rules.pass_tokens - len(making))
        contexts = [guest.past + 1 for guest in making]
        _, decode_j = price(self.one, contexts, [])
        time_s, pass_j = price(self.one, contexts, [(tokens, guest.past) for guest, tokens in taking])
        self.clock_s += time_s
        self.passes += 1
        for guest in making:
            guest.past += 1
            guest.made += 1
            self.spent_j[:, guest.number] += decode_j / len(making)
        for guest, tokens in taking:
            guest.past += tokens
            guest.left -= tokens
            self.tokens_taken += tokens
            self.spent_j[:, guest.number] += (pass_j - decode_j) * tokens / sum(n for _, n in taking)
            guest.made += not guest.left
            if not guest.left and guest.made == 1:
                self.first_token_s[guest.number] = self.clock_s
        self.most_held = max(self.most_held, self.used())
        for guest in [guest for guest in self.inside if guest.made == self.want[guest.number]]:
            self.finish_s[guest.number] = self.clock_s
            self.inside.remove(guest)

    def chosen(self, rows: int) -> list[tuple[Guest, int]]:
        """Share the rows of a pass out to prompts, in turn."""
        taking: list[tuple[Guest, int]] = []
        for guest in self.inside:
            if guest.left and rows > 0:
                if not self.rules.chunked and taking and guest.left > rows:
                    break
                taking.append((guest, min(guest.left, rows) if self.rules.chunked else guest.left))
                rows -= taking[-1][1]
        return taking

    def used(self) -> int:
        """Values held by all, or kept free for them."""
        return sum(map(self.kept, self.inside))

    def kept(self, guest: Guest) -> int:
        """Values held of a request, or kept free for its prompt, or for all of it."""
        if self.rules.reserve:
            return self.values(self.prompt[guest.number] + self.want[guest.number] - 1)
        return self.values(guest.past + guest.left)

    def growth(self) -> int:
        """Values that the next pass adds to requests that make tokens."""
        if self.rules.reserve:
            return 0
        pasts = [guest.past for guest in self.inside if not guest.left]
        return sum(self.values(past + 1) - self.values(past) for past in pasts)

    def values(self, tokens: int) -> int:
        """Values that layers keep of so many tokens."""
        if tokens not in self._values:
            self._values[tokens] = int(kv_cache_bytes(self.one.model, 1, tokens, 1))
        return self._values[tokens]


def price(one: Direct, contexts: list[int], parts: list[tuple[int, int]]) -> tuple[float, NDArray[np.float64]]:
    """Ask the estimator for one pass; a lone part of a prompt scores its last token though it may not end there."""
    if not contexts and not parts:
        return 0.0, np.zeros(3)
    if not contexts and len(parts) == 1:
        cost = one.cost(chunk(one.model, *parts[0]))
    elif len(set(contexts)) == 1 and not parts:
        cost = one.cost(decode(one.model, len(contexts), contexts[0]))
    else:
        cost = one.cost(mixed(one.model, contexts, parts))
    return float(cost[0, 0]), cost[1:, 0] + np.array(one.leakage_w) * cost[0, 0]
