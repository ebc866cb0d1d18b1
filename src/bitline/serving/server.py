"""One server that meets requests pass by pass, from the first arrival to the last token.

Between two events (an arrival that can be let in, a last token, keys and values meeting the end of the memory, a
context meeting the end of a window) the same requests make a token in pass after pass, and those passes are taken in
one stride.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable
from typing import final

import numpy as np

from bitline.serving.arrivals import Arrivals
from bitline.serving.channels import Channels
from bitline.serving.crowd import Crowd
from bitline.serving.dealt import Dealt
from bitline.serving.discipline import Discipline
from bitline.serving.ledger import Ledger
from bitline.serving.passes import Passes, Seen
from bitline.serving.room import Room
from bitline.serving.served import Served
from bitline.serving.spending import spent_j

TOLD = 200
"""Times that progress is told, about."""
Progress = Callable[[str, int, int], None]
ENDLESS = Room()


def serve_all(
    arrivals: Arrivals,
    passes: Passes,
    discipline: Discipline,
    room: Room = ENDLESS,
    *,
    progress: Progress | None = None,
) -> Served:
    """Serve requests.

    Those that `room` for keys and values cannot hold even alone, and those that are too long, are refused.
    """
    server = Server(arrivals, passes, discipline, room)
    every, told = max(1, arrivals.requests // TOLD), arrivals.requests + 1
    while server.left:
        server.go_on()
        if progress is not None and (told - server.left >= every or not server.left):
            told = server.left
            progress("serving", arrivals.requests - told, arrivals.requests)
    return server.served()


@final
class Server:
    """Where all requests stand; changed pass by pass."""

    def __init__(self, arrivals: Arrivals, passes: Passes, discipline: Discipline, room: Room = ENDLESS) -> None:
        self.arrivals, self.passes, self.discipline = arrivals, passes, discipline
        self.room, self.horizons = room.values, room.horizons
        channels = Channels(room.channels, in_turn=room.in_turn) if room.channels else None
        dealt = Dealt(room.deal) if room.deal is not None else None
        self.even = channels is None and dealt is None
        """A pass hangs on the sum of what its requests look back on, and not on which lies beside which."""
        self.crowd, self.ledger = Crowd(room.horizons, channels, dealt), Ledger()
        self.arrival_s: list[float] = arrivals.arrival_s.tolist()
        self.prompt: list[int] = arrivals.prompt.tolist()
        self.generate: list[int] = arrivals.generate.tolist()
        requests = arrivals.requests
        # Longer ones hold more, so one length parts those that fit from those that do not.
        most = bisect_right(range(1, room.longest + 1), room.values, key=room.horizons.held)
        self.coming = deque(np.flatnonzero(arrivals.prompt + arrivals.generate - 1 <= most).tolist())
        self.bounded = room.values < float("inf") and not discipline.reserve
        """Keys and values may meet the end of the memory."""
        self.left = len(self.coming)
        self.clock_s = self.arrival_s[0]
        self.idle_s = 0.0
        self.waiting: deque[int] = deque()
        self.taking_in: dict[int, int] = {}
        """Tokens of the prompt still to be taken in, by request, in the order they were let in."""
        self.kept_free = 0
        """Values of keys held, or to be held, for those prompts; with `reserve`, for all that is let in."""
        self.most_used = 0
        self.passes_made = self.put_off = 0
        self.running_request_s = 0.0
        self.made = [0] * requests
        self.let_in_s = [np.nan] * requests
        self.first_s = [np.nan] * requests
        self.finish_s = [np.nan] * requests

    @property
    def used(self) -> int:
        """Values of keys held, or kept free for."""
        return self.kept_free if self.discipline.reserve else self.kept_free + self.crowd.held

    def go_on(self, most: int | None = None) -> None:
        """Let in what has come, and work until something changes, for `most` passes at most."""
        self.let_in()
        if self.taking_in:
            self.one_pass()
        elif self.crowd.running:
            self.stride(most)
        else:
            self.wait()

    def let_in(self) -> None:
        """Take what has arrived, and let in what there is room for."""
        coming, waiting = self.coming, self.waiting
        while coming and self.arrival_s[coming[0]] <= self.clock_s:
            waiting.append(coming.popleft())
        while waiting and len(self.crowd.running) + len(self.taking_in) < self.discipline.requests:
            request = waiting[0]
            needed = self._needed(request)
            busy = self.crowd.running or self.taking_in
            spare = self.discipline.spare_fraction if busy and not self.discipline.reserve else 0.0
            used = self.used + needed
            # What the next pass adds has to fit too, or the request would be put off before it has begun.
            if used > self.room * (1.0 - spare) or (self.bounded and used + self.crowd.growth > self.room):
                return
            waiting.popleft()
            self.kept_free += needed
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
        crowd = self.crowd
        if self.bounded and self.kept_free + crowd.held + crowd.growth > self.room:
            self._make_room()
            if not self.taking_in:
                return
        requests, seen = len(crowd.running), self._seen() if crowd.seen else ()
        parts: list[tuple[int, int]] = []
        taken: list[int] = []
        ready: list[int] = []
        for request, tokens in self._chosen(self.discipline.pass_tokens - requests):
            left = self.taking_in[request]
            past = self.prompt[request] + self.made[request] - left
            parts.append((tokens, past))
            taken += (self.ledger.written, request, tokens, past)
            if left == tokens:
                ready.append(request)
            else:
                self.taking_in[request] = left - tokens
        mean = crowd.contexts / requests if requests else 0.0
        context = mean if self.even else crowd.context(mean, len(parts))
        scored = requests + len(ready) or 1
        sights = crowd.sights(len(parts)) or seen if crowd.seen else seen
        time_s, decode_s, factors_j = self.passes.mixed(requests, context, parts, scored, sights)
        self.ledger.write((requests, mean, 1, scored, time_s, decode_s), seen, taken, factors_j)
        self._pass_time(1, time_s)
        for request in ready:
            del self.taking_in[request]
            self._start(request)

    def stride(self, most: int | None = None) -> None:
        """Make tokens until something changes, or `most` of each request."""
        crowd = self.crowd
        if self.bounded and self.kept_free + crowd.held + crowd.growth > self.room:
            self._make_room()
        requests, seen = len(crowd.running), self._seen() if crowd.seen else ()
        steps = crowd.until_next()
        steps = steps if most is None else min(steps, most)
        if self.bounded and crowd.growth:
            steps = min(steps, int(self.room - self.used) // crowd.growth)
        mean = crowd.contexts / requests
        context = mean if self.even else crowd.context(mean)
        sights = crowd.sights(0) or seen if crowd.seen else seen
        if self.coming and not self.waiting and requests < self.discipline.requests:
            until_s = self.arrival_s[self.coming[0]] - self.clock_s
            steps, time_s = self.passes.until(until_s, requests, context, steps, sights)
        else:
            time_s = self.passes.decode(requests, context, steps, sights)
        self.ledger.write((requests, mean, steps, 0, time_s, time_s), seen)
        self._pass_time(steps, time_s)

    def served(self) -> Served:
        """Give what is known at the end."""
        spent = spent_j(self.ledger, self.passes.samples, self.arrivals.requests)
        whole = self.horizons.whole
        return Served(
            arrivals=self.arrivals,
            let_in_s=np.array(self.let_in_s), first_token_s=np.array(self.first_s), finish_s=np.array(self.finish_s),
            energy_j=spent[1], energy_low_j=spent[0], energy_high_j=spent[2],
            start_s=self.arrival_s[0], end_s=self.clock_s, idle_s=self.idle_s,
            leakage_w=self.passes.samples.leakage_w, passes=self.passes_made, put_off=self.put_off,
            running_request_s=self.running_request_s, most_held_tokens=self.most_used // whole,
            room_tokens=self.room // whole if self.room < float("inf") else self.room,
        )  # fmt: skip

    def _seen(self) -> Seen:
        """Give what layers with a limit see, and what a step adds, on average over the running requests."""
        crowd, requests = self.crowd, len(self.crowd.running)
        if not requests:
            return [(0.0, 0.0)] * len(crowd.seen)
        return [(total / requests, more / requests) for total, more in zip(crowd.seen, crowd.growing, strict=True)]

    def _needed(self, request: int) -> int:
        if self.discipline.reserve:
            return self.horizons.held(self.prompt[request] + self.generate[request] - 1)
        return self.horizons.held(self.prompt[request] + self.made[request])

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

    def _pass_time(self, steps: int, time_s: float) -> None:
        """Let time pass, every running request making so many tokens."""
        self.clock_s += time_s
        self.passes_made += steps
        crowd = self.crowd
        if not crowd.running:
            return
        self.running_request_s += len(crowd.running) * time_s
        some = crowd.pass_on(steps)
        used = self.kept_free if self.discipline.reserve else self.kept_free + crowd.held
        if used > self.most_used:
            self.most_used = used
        if some:
            for request in crowd.ended():
                self._stop(request)
                self._finish(request)

    def _start(self, request: int) -> None:
        """Begin to make tokens: the pass that just ended made the first."""
        needed, held = self._needed(request), self.prompt[request] + self.made[request]
        self.most_used = max(self.most_used, self.used)
        self.made[request] += 1
        if self.made[request] == 1:
            self.first_s[request] = self.clock_s
        if self.made[request] == self.generate[request]:
            self.kept_free -= needed
            self._finish(request)
            return
        if not self.discipline.reserve:
            self.kept_free -= needed
        self.crowd.join(request, held, self.generate[request] - self.made[request])
        self.ledger.begin(request)

    def _stop(self, request: int) -> None:
        """Take a request from those that make tokens, and free what it held."""
        made, _ = self.crowd.leave(request)
        self.made[request] += made
        if self.discipline.reserve:
            self.kept_free -= self._needed(request)
        self.ledger.stop(request)

    def _finish(self, request: int) -> None:
        self.finish_s[request] = self.clock_s
        self.left -= 1

    def _make_room(self) -> None:
        """Put requests off, the last one let in first, until each running one has room for a token."""
        while self.kept_free + self.crowd.held + self.crowd.growth > self.room:
            if self.taking_in:
                request, _ = self.taking_in.popitem()
                self.kept_free -= self._needed(request)
            else:
                request = self.crowd.last()
                self._stop(request)
            self.waiting.appendleft(request)
            self.put_off += 1
