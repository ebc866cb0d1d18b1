"""Time to serve 10,000 requests, and what an event library would add: `python benchmarks/serving.py [TRACE]`.

Without a trace the requests are drawn at random with the mean lengths and the rate of the Azure conversation trace.
The rows with simpy need it installed. All rows serve the same requests by the same rules and end at the same second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table

from bitline.serving import (
    Arrivals,
    Discipline,
    Extent,
    Lengths,
    Passes,
    direct,
    overlap,
    poisson,
    read_trace,
    room,
    sample,
)
from bitline.serving.server import Server
from bitline.systems import load_chip
from bitline.verbs.serve import serve
from bitline.workload import load_model

REQUESTS, CONTEXT = 10_000, 16_384
MODEL, CHIP = "llama-2-7b", "h100-sxm"
OVERLAPPING = ("h100@2x2", "neupims", "attacc", "cent")


def main() -> None:
    """Print processor seconds."""
    load = read_trace(sys.argv[1]).first(REQUESTS) if len(sys.argv) > 1 else drawn()
    one, discipline = direct(load_model(MODEL), load_chip(CHIP)), Discipline()
    there = room(one, CONTEXT)
    extent = Extent(context=CONTEXT, batch=discipline.requests, rows=1024, chunk=512, held=int(there.tokens))
    start = time.process_time()
    samples = sample(one, extent)
    sampled_s = time.process_time() - start

    def server() -> Server:
        return Server(load, Passes(samples), discipline, there)

    table = Table(title=f"{load.requests:,} requests of {load.source}, {MODEL} on {CHIP}")
    for heading in ("event loop", "events", "passes", "last token, s", "processor s"):
        table.add_column(heading, justify="left" if heading == "event loop" else "right")
    table.add_row("samples of the estimator, once", "", "", "", f"{sampled_s:.2f}")
    start = time.process_time()
    overlap(one, Passes(samples), extent)
    table.add_row("what mixed passes save, once", "", "", "", f"{time.process_time() - start:.2f}")
    row(table, "a loop, strides", lambda: by_loop(server(), None))
    row(table, "a loop, pass by pass", lambda: by_loop(server(), 1))
    try:
        import simpy  # noqa: F401
    except ImportError:
        print("simpy is not installed: rows left out", file=sys.stderr)
    else:
        row(table, "simpy, strides", lambda: by_simpy(server(), None))
        row(table, "simpy, pass by pass", lambda: by_simpy(server(), 1))
    Console().print(table)
    Console().print(overlapping(load))


def overlapping(load: Arrivals) -> Table:
    """Serve the same requests where mixed passes are not the sum of their parts, all sampling included."""
    table = Table(title="the same where passes overlap, the estimator's part included")
    for heading in ("chip", "passes", "requests making tokens", "processor s"):
        table.add_column(heading, justify="left" if heading == "chip" else "right")
    for chip in OVERLAPPING:
        start = time.process_time()
        found = serve(MODEL, chip, load).served
        took_s = time.process_time() - start
        table.add_row(chip, f"{found.passes:,}", f"{found.mean_running:.1f}", f"{took_s:.2f}")
    return table


def drawn() -> Arrivals:
    """Draw requests like those of a trace."""
    return poisson(
        5.53,
        REQUESTS,
        prompt=Lengths(mean_tokens=1155, spread_fraction=0.9),
        generate=Lengths(mean_tokens=211, spread_fraction=0.8),
    )


def row(table: Table, name: str, action: Callable[[], tuple[int, int, float]]) -> None:
    """Time one way and write it down."""
    start = time.process_time()
    events, passes, end_s = action()
    took_s = time.process_time() - start
    table.add_row(name, f"{events:,}", f"{passes:,}", f"{end_s:.6f}", f"{took_s:.2f}")


def by_loop(server: Server, most: int | None) -> tuple[int, int, float]:
    """Serve in a plain loop."""
    events = 0
    while server.left:
        server.go_on(most)
        events += 1
    server.served()
    return events, server.passes_made, server.clock_s


def by_simpy(server: Server, most: int | None) -> tuple[int, int, float]:
    """Serve as a process of simpy, whose clock has to agree with the server's."""
    import simpy

    env = simpy.Environment(initial_time=server.clock_s)
    events = 0

    def process() -> Iterator[simpy.Event]:
        nonlocal events
        while server.left:
            server.go_on(most)
            events += 1
            yield env.timeout(server.clock_s - env.now)

    env.process(process())
    env.run()
    server.served()
    if abs(env.now - server.clock_s) > 1e-6:
        raise RuntimeError("the clocks of simpy and of the server do not agree")
    return events, server.passes_made, server.clock_s


if __name__ == "__main__":
    main()
