"""What a reader of an estimate has to know: assumptions that carry weight, and what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from bitline.hardware.arithmetic import BlockFloating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.hardware.figure import Figure
from bitline.mapping.identity import Same
from bitline.mapping.placement import taking_part
from bitline.mapping.plan import Holdings, Seat
from bitline.mapping.storage import CacheHome
from bitline.operators import Gather, MatMul, Stationary, Workload
from bitline.timeline.bill import over_steps
from bitline.timeline.step import Timing
from bitline.verbs.converter_caveats import narrow_converters
from bitline.verbs.outcome import ComponentCost
from bitline.verbs.read_disturb import disturbed_soonest
from bitline.verbs.storage_caveats import narrow_storage

KNOWN_CHIPS = 64
KNOWN_ENGINES = 256
COSTS = frozenset({"energy_j", "latency_s", "area_m2", "leakage_w"})
MUCH = 0.1
"""Share of the energy from which an assumption is worth a sentence."""
NOTABLE = 0.02
"""Share of the time from which work for nothing is."""
NOWHERE = "weights in no memory of the description"
"""How the warning begins whose estimate says nothing of the room of a model."""
TRIFLE = 0.001
"""Share of the time below which an operator is not looked at."""


def caveats(
    chip: Chip, holdings: Holdings, home: CacheHome | None, first: Workload, prefill: Timing,
    parts: tuple[ComponentCost, ...], figures: Mapping[str, Figure],
) -> tuple[str, ...]:  # fmt: skip
    """List the warnings of an estimate."""
    return (
        *_assumed(chip, parts, figures),
        *_unmasked(chip, prefill),
        *_reloads(holdings),
        *_homeless(chip, holdings, home, first, prefill),
        *_read_both_ways(holdings, first),
        *_read_elsewhere(chip, prefill),
        *_of_chip(Same(chip)),
    )


@lru_cache(maxsize=KNOWN_CHIPS)
def _of_chip(same: Same[Chip]) -> tuple[str, ...]:
    """Say what holds whatever is asked of a chip."""
    chip = same.value
    return (
        *_exponents(chip), *_exchanged_freely(chip), *narrow_storage(chip), *narrow_converters(chip),
        *disturbed_soonest(chip),
    )  # fmt: skip


def _assumed(chip: Chip, parts: tuple[ComponentCost, ...], figures: Mapping[str, Figure]) -> list[str]:
    total = sum(part.energy_j + part.leakage_j for part in parts)
    found = []
    for part in parts:
        for energy_j, field in ((part.energy_j, "energy_j"), (part.leakage_j, "leakage_w")):
            if energy_j <= MUCH * total:
                continue
            figure = figures[f"{part.name}.{field}"]
            reason = figure.source if figure.origin == "assumed" else _assumption(chip, part, field)
            if reason:
                what = "leakage" if field == "leakage_w" else "use"
                found.append(f"{energy_j / total:.0%} of the energy, {what} of {part.name}, is assumed: {reason}")
    return found


def _assumption(chip: Chip, part: ComponentCost, field: str) -> str | None:
    """Find what the description assumes about a figure of a part, about the part or about anything above it."""
    kind, _, rest = part.name.partition(".")
    path = f"engines.{part.name}" if part.engine else f"memories.{rest}" if kind == "memory" else f"links.{rest}"
    for place, reason in chip.provenance.assumptions.items():
        below = place.removeprefix(f"{path}.")
        if place == path or path.startswith(f"{place}.") or (below != place and below not in COSTS - {field}):
            return f"{place}: {reason}"
    return None


def _unmasked(chip: Chip, prefill: Timing) -> list[str]:
    """Name engines that spend time on products which a mask throws away."""
    spent_s = sum([bill.total_s * layer.layers for layer in prefill.layers for bill in layer.bills])
    wasted_s: dict[str, float] = {}
    for layer in prefill.layers:
        for bill in layer.bills:
            operator, name = bill.seat.operator, bill.seat.engine
            if isinstance(operator, MatMul) and operator.stationary != "weight":
                lost_s = bill.total_s * layer.layers * over_steps(operator.masked_fraction, 1)
                if lost_s > TRIFLE * spent_s and not _heeds_masks(Same(chip.engines[name]), operator.stationary):
                    wasted_s[name] = wasted_s.get(name, 0.0) + lost_s
    return [
        f"engine {name!r} computes attention products that a mask throws away: {lost_s / spent_s:.0%} of the time of "
        f"all operators in the prefill."
        for name, lost_s in wasted_s.items()
        if lost_s > NOTABLE * spent_s
    ]


@lru_cache(maxsize=KNOWN_ENGINES)
def _heeds_masks(engine: Same[Engine], stationary: Stationary | None) -> bool:
    """Compare the uses of a masked product with those that no mask would need: equal means that all is computed."""
    whole = MatMul(name="scores", role="scores", vectors=1024, k=64, n=1024, stationary=stationary)
    full = engine.value.work(whole).stream
    masked = engine.value.work(replace(whole, masked_fraction=0.5)).stream
    return any(over_steps(use.total, 1) > over_steps(masked[part].total, 1) for part, use in full.items())


def _exchanged_freely(chip: Chip) -> list[str]:
    devices = chip.devices
    if devices.all == 1 or devices.bandwidth_bytes_per_s is not None or devices.latency_s or devices.start_s:
        return []
    return [f"{devices.all} devices exchange values in no time: the description tells no bandwidth between them."]


def _reloads(holdings: Holdings) -> list[str]:
    found = []
    for engine in holdings.room:
        mine = [h for h in holdings.on_units.values() if h.engine == engine]
        away = sum(h.weights * (h.layers - h.resident_layers) for h in mine)
        share = away / sum(h.weights * h.layers for h in mine)
        found.append(
            f"engine {engine!r} is too small: {away:,} weights ({share:.0%} of its own) are rewritten per step."
        )
    return found


def _homeless(chip: Chip, holdings: Holdings, home: CacheHome | None, first: Workload, prefill: Timing) -> list[str]:
    found = []
    engines = {bill.seat.operator.name: bill.seat.engine for layer in prefill.layers for bill in layer.bills}
    tables = [
        operator.name
        for block in first.blocks
        for operator in block.operators
        if isinstance(operator, Gather)
        and operator.held
        and chip.engines[engines[operator.name]].memory is None
        and (block.name, operator.name) not in holdings.on_units
    ]
    away, share_fraction = _weights_nowhere(chip, prefill)
    if away:
        found.append(
            f"{NOWHERE}, so their place is not counted, nor reading them: {', '.join(away)} ({share_fraction:.0%} of "
            f"what products hold)."
        )
    if tables:
        found.append(f"tables in no memory of the description, so their place is not counted: {', '.join(tables)}.")
    if home and home.memory is None and not _stay(prefill):
        found.append("keys and values are kept in no memory of the description: their place is not counted.")
    return found


def _weights_nowhere(chip: Chip, prefill: Timing) -> tuple[tuple[str, ...], float]:
    """Name the roles of products whose weights lie neither on units nor in a memory, and their share of all weights."""
    loose = {name for name, engine in chip.engines.items() if engine.memory is None and not engine.units}
    seats = [(bill.seat, layer.layers) for layer in prefill.layers for bill in layer.bills]
    if not any(isinstance(seat.operator, MatMul) and seat.engine in loose for seat, _ in seats):
        return (), 0.0
    held = {True: 0.0, False: 0.0}
    roles: dict[str, None] = {}
    for seat, layers in seats:
        one, away = seat.operator, seat.engine in loose
        if isinstance(one, MatMul) and one.stationary == "weight":
            held[away] += over_steps(one.k * one.n * one.held, 1) * layers
            roles |= {one.role: None} if away else {}
    return tuple(roles), held[True] / (sum(held.values()) or 1.0)


def _read_both_ways(holdings: Holdings, first: Workload) -> list[str]:
    """Name the products with tables that were counted once."""
    lookups = {
        (block.name, operator.name)
        for block in first.blocks
        for operator in block.operators
        if isinstance(operator, Gather)
    }
    return [
        f"{one.operator!r} multiplies with the arrays that hold the table {one.home[1]!r}, counted once: they have to "
        f"be readable by rows and by columns. (deploy programs both, each with errors of its own.)"
        for one in holdings.on_units.values()
        if one.home in lookups and one.home is not None
    ]


def _read_elsewhere(chip: Chip, prefill: Timing) -> list[str]:
    """Name weights that are decoded from another memory than that in which a prompt finds them."""
    if not any(rule.most_vectors for rule in chip.placement):
        return []
    homes: dict[tuple[str, str], set[str | None]] = {}
    for layer in prefill.layers:
        for bill in layer.bills:
            one = bill.seat.operator
            if isinstance(one, MatMul) and one.stationary == "weight":
                words = one.role, one.name.partition("@")[0]
                homes.setdefault(words, set()).add(chip.engines[bill.seat.engine].memory)
    away: dict[str, dict[str, None]] = {}
    for words, known in homes.items():
        for memory in {chip.engines[engine].memory for engine in taking_part(words, chip)} - known:
            if memory is not None:
                away.setdefault(memory, {})[words[1]] = None
    return [
        f"weights of {', '.join(names)} are read from memory {memory!r} too where few vectors meet them: what a token "
        f"of each of these requests meets there takes room there as well."
        for memory, names in away.items()
    ]


def _exponents(chip: Chip) -> list[str]:
    """Say what blocks that share an exponent take and is not counted."""
    found = []
    for name, engine in chip.engines.items():
        arithmetic = engine.arithmetic()
        if isinstance(arithmetic, BlockFloating):
            shared = arithmetic.exponent
            found.append(
                f"engine {name!r} shares exponents: they are counted when keys and values are written, but not as room "
                f"({shared.bits / shared.values:.2g} bits a value), nor is what shifts and adds up the sums of blocks."
            )
    return found


def _stay(prefill: Timing) -> bool:
    """Whether keys and values stay on the units that use them."""
    seats: list[Seat] = [bill.seat for layer in prefill.layers for bill in layer.bills]
    return any(seat.own and isinstance(seat.operator, MatMul) and seat.operator.stationary == "cache" for seat in seats)
