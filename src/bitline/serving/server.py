"""One server that meets requests pass by pass, from the first arrival to the last token.

Between two events (an arrival that can be let in, a last token, keys and values meeting the end of the memory) the same
requests make a token in pass after pass, and those passes are taken in one stride.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import final

import numpy as np

from bitline.serving.arrivals import Arrivals
from bitline.serving.discipline import Discipline
from bitline.serving.passes import Passes
from bitline.serving.served import Served

TOLD_EVERY = 64
Progress = Callable[[str, int, int], None]


def serve_all(
    arrivals: Arrivals,
    passes: Passes,
    discipline: Discipline,
    *,
    longest: int,
    room: float = float("inf"),
    leakage_w: float = 0.0,
    progress: Progress | None = None,
) -> Served:
    """Serve requests.

    Those of more than `longest` tokens, and those that `room` for keys and values (in tokens, of all requests
    together) cannot hold even alone, are refused. `leakage_w` is what the chip draws while it has nothing to do.
    """
    server = Server(arrivals, passes, discipline, min(room, longest), room)
    while server.left:
        server.go_on()
        if progress is not None and server.left // TOLD_EVERY != server.told:
            server.told = server.left // TOLD_EVERY
            progress("serving", arrivals.requests - server.left, arrivals.requests)
    return server.served(leakage_w)


@final
class Server:
    """Where all requests stand; changed pass by pass."""

    def __init__(self, arrivals: Arrivals, passes: Passes, discipline: Discipline, most: float, room: float) -> None:
        self.arrivals, self.passes, self.discipline, self.room = arrivals, passes, discipline, room
        self.arrival_s: list[float] = arrivals.arrival_s.tolist()
        self.prompt: list[int] = arrivals.prompt.tolist()
        self.generate: list[int] = arrivals.generate.tolist()
        requests = arrivals.requests
        held = arrivals.prompt + arrivals.generate - 1
        self.coming = deque(np.flatnonzero(held <= most).tolist())
        self.left = len(self.coming)
        self.told = -1
        self.clock_s = self.arrival_s[0]
        self.idle_s = 0.0
        self.waiting: deque[int] = deque()
        self.taking_in: dict[int, int] = {}
        """Tokens of the prompt still to be taken in, by request, in the order they were let in."""
        self.running: dict[int, tuple[int, int]] = {}
        """By request: the turn it began at, and the tokens it held then."""
        self.ends: list[tuple[int, int]] = []
        """Turn of the last token and request; those of requests put off are left in."""
        self.turns = 0
        """Passes with running requests, each of which makes a token in every one of them."""
        self.contexts = 0
        """Sum over running requests of what their next token looks back on, itself included."""
        self.used = 0
        """Tokens whose keys and values are held, or kept free for them."""
        self.most_used = 0
        self.passes_made = self.put_off = 0
        self.running_request_s = 0.0
        self.share_j = 0.0
        """Spent so far on a request that has been running all along."""
        self.made = [0] * requests
        self.let_in_s = [np.nan] * requests
        self.first_s = [np.nan] * requests
        self.finish_s = [np.nan] * requests
        self.spent_j = [0.0] * requests

    def go_on(self, most: int | None = None) -> None:
        """Let in what has come, and work until something changes, for `most` passes at most."""
        self.let_in()
        if self.taking_in:
            self.one_pass()
        elif self.running:
            self.stride(most)
        else:
            self.wait()

    def let_in(self) -> None:
        """Take what has arrived, and let in what there is room for."""
        coming, waiting = self.coming, self.waiting
        while coming and self.arrival_s[coming[0]] <= self.clock_s:
            waiting.append(coming.popleft())
        while waiting and len(self.running) + len(self.taking_in) < self.discipline.requests:
            request = waiting[0]
            needed = self._needed(request)
            busy = self.running or self.taking_in
            spare = self.discipline.spare_fraction if busy and not self.discipline.reserve else 0.0
            if self.used + needed > self.room * (1.0 - spare):
                return
            waiting.popleft()
            self.used += needed
            self.taking_in[request] = self.prompt[request] + self.made[request]
            if self.let_in_s[request] != self.let_in_s[request]:
                self.let_in_s[request] = self.clock_s

    def wait(self) -> None:
        """Do nothing until the next request comes."""
        until_s = self.arrival_s[self.coming[0]]
        self.idle_s += until_s - self.clock_s
        self.clock_s = until_s

    def one_pass(self) -> None:
        """Make a token of every running request, and take in parts of prompts."""
        self._make_room()
        if not self.taking_in:
            return
        requests = len(self.running)
        chosen = self._chosen(self.discipline.pass_tokens - requests)
        parts, ready = [], []
        for request, tokens in chosen:
            left = self.taking_in[request]
            parts.append((tokens, self.prompt[request] + self.made[request] - left))
            self.taking_in[request] = left - tokens
            if left == tokens:
                ready.append(request)
        mean = self.contexts / requests if requests else 0.0
        (time_s, spent_j), (_, decode_j) = self.passes.mixed(requests, mean, parts, requests + len(ready))
        each_j = (spent_j - decode_j) / sum(tokens for tokens, _ in parts)
        for request, tokens in chosen:
            self.spent_j[request] += each_j * tokens
        self._pass_time(1, time_s, decode_j)
        for request in ready:
            del self.taking_in[request]
            self._start(request)

    def stride(self, most: int | None = None) -> None:
        """Make tokens until something changes, or `most` of each request."""
        self._make_room()
        while self.ends[0][1] not in self.running or not self._still_ends(self.ends[0]):
            heapq.heappop(self.ends)
        requests = len(self.running)
        steps = self.ends[0][0] - self.turns
        steps = steps if most is None else min(steps, most)
        if not self.discipline.reserve and self.room < float("inf"):
            steps = min(steps, int(self.room - self.used) // requests)
        context = self.contexts / requests
        if self.coming and not self.waiting and requests < self.discipline.requests:
            until_s = self.arrival_s[self.coming[0]] - self.clock_s
            steps = self.passes.steps_until(until_s, requests, context, steps)
        self._pass_time(steps, *self.passes.decode(requests, context, steps))

    def served(self, leakage_w: float) -> Served:
        """Give what is known at the end."""
        return Served(
            arrivals=self.arrivals,
            let_in_s=np.array(self.let_in_s), first_token_s=np.array(self.first_s), finish_s=np.array(self.finish_s),
            energy_j=np.array(self.spent_j), start_s=self.arrival_s[0], end_s=self.clock_s, idle_s=self.idle_s,
            idle_j=leakage_w * self.idle_s, passes=self.passes_made, put_off=self.put_off,
            running_request_s=self.running_request_s, most_held_tokens=self.most_used, room_tokens=self.room,
        )  # fmt: skip

    def _needed(self, request: int) -> int:
        if self.discipline.reserve:
            return self.prompt[request] + self.generate[request] - 1
        return self.prompt[request] + self.made[request]

    def _chosen(self, rows: int) -> list[tuple[int, int]]:
        """Share the rows of a pass out to prompts, in turn."""
        chosen: list[tuple[int, int]] = []
        for request, left in self.taking_in.items():
            if rows <= 0 or (chosen and not self.discipline.chunked and left > rows):
                break
            tokens = min(left, rows) if self.discipline.chunked else left
            chosen.append((request, tokens))
            rows -= tokens
        return chosen

    def _pass_time(self, steps: int, time_s: float, decode_j: float) -> None:
        """Let time pass, every running request making so many tokens."""
        requests = len(self.running)
        self.clock_s += time_s
        self.passes_made += steps
        if not requests:
            return
        self.running_request_s += requests * time_s
        self.share_j += decode_j / requests
        self.turns += steps
        self.contexts += requests * steps
        if not self.discipline.reserve:
            self.used += requests * steps
        self.most_used = max(self.most_used, self.used)
        while self.ends and self.ends[0][0] <= self.turns:
            end = heapq.heappop(self.ends)
            if end[1] in self.running and self._still_ends(end):
                self._stop(end[1])
                self._finish(end[1])

    def _still_ends(self, end: tuple[int, int]) -> bool:
        """Whether this is when the request ends, and not when it would have ended had it not been put off."""
        turn, request = end
        return self.running[request][0] + self.generate[request] - self.made[request] == turn

    def _start(self, request: int) -> None:
        """Begin to make tokens: the pass that just ended made the first."""
        held = self.prompt[request] + self.made[request]
        self.made[request] += 1
        self.most_used = max(self.most_used, self.used)
        if self.made[request] == 1:
            self.first_s[request] = self.clock_s
        if self.made[request] == self.generate[request]:
            self.used -= held
            self._finish(request)
            return
        self.running[request] = (self.turns, held)
        self.contexts += held + 1
        self.spent_j[request] -= self.share_j
        heapq.heappush(self.ends, (self.turns + self.generate[request] - self.made[request], request))

    def _stop(self, request: int) -> None:
        """Take a request from those that make tokens, and free what it held."""
        begun, held = self.running.pop(request)
        made = self.turns - begun
        self.contexts -= held + made + 1
        self.used -= self._needed(request) if self.discipline.reserve else held + made
        self.made[request] += made
        self.spent_j[request] += self.share_j

    def _finish(self, request: int) -> None:
        self.finish_s[request] = self.clock_s
        self.left -= 1

    def _make_room(self) -> None:
        """Put requests off, the last one let in first, until each running one has room for a token."""
        while not self.discipline.reserve and self.used + len(self.running) > self.room:
            if self.taking_in:
                request, _ = self.taking_in.popitem()
                self.used -= self._needed(request)
            else:
                request = next(reversed(self.running))
                self._stop(request)
            self.waiting.appendleft(request)
            self.put_off += 1
