"""What a step waits for: the part that sets the pace, and the operator it then works on."""

from __future__ import annotations

from bitline.timeline.bill import over_steps
from bitline.timeline.layer import Layer
from bitline.timeline.listing import Task, busy


def waits(layer: Layer, blocks: int, steps: int) -> dict[tuple[str, str], float]:
    """Share the time of one layer out over (part, operator), summed over steps.

    Tokens that go all at once wait for every operator in turn, each for its slowest part. Tokens that flow in
    blocks wait for the busiest resource, so only operators on that one count.
    """
    found: dict[tuple[str, str], float] = {}
    for bill in layer.bills:
        if blocks == 1:
            found[bill.bottleneck, bill.seat.operator.name] = bill.total_s
        elif bill.seat.rewritten:
            found[bill.bottleneck, bill.seat.operator.name] = over_steps(bill.write_s, steps)
    if blocks > 1:
        parts = {bill.seat.operator.name: bill.bottleneck for bill in layer.bills}
        for stretch in layer.stretches:
            resource, tasks = _busiest(stretch, steps)
            for task, seconds in tasks:
                key = (parts[task.name] if task.resource == resource else resource, task.name)
                found[key] = found.get(key, 0.0) + seconds
    return found


def _busiest(tasks: tuple[Task, ...], steps: int) -> tuple[str, list[tuple[Task, float]]]:
    """Find the resource that is taken longest, with the tasks that take it."""
    taken = {resource: over_steps(time_s, steps) for resource, time_s in busy(tasks).items()}
    resource = max(taken, key=taken.__getitem__)
    found = []
    for task in tasks:
        if task.resource == resource:
            found.append((task, over_steps(task.time_s, steps)))
        elif resource in task.shared_s:
            found.append((task, over_steps(task.shared_s[resource], steps)))
    return resource, found
