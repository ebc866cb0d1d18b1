"""Uses times prices, added up by operator, by part and by engine."""

from __future__ import annotations

from collections.abc import Mapping

from bitline.hardware.chip import Chip
from bitline.mapping.plan import Holdings, Seat
from bitline.operators import Exchange, MatMul
from bitline.timeline.bill import Bill
from bitline.timeline.critical import waits
from bitline.timeline.layer import Layer
from bitline.timeline.prices import Price, Prices
from bitline.timeline.step import Timing
from bitline.verbs.outcome import Bottleneck, ComponentCost, EngineCost, OperatorCost, PhaseCost, PhaseName


def phase_cost(name: PhaseName, timing: Timing, operators: tuple[OperatorCost, ...], leakage_w: float) -> PhaseCost:
    """Add up one phase."""
    steps, time_s = timing.time_s.size, float(timing.time_s.sum())
    waited: dict[tuple[str, str], float] = {}
    for layer, blocks in zip(timing.layers, timing.blocks, strict=True):
        for key, seconds in waits(layer, blocks, steps).items():
            waited[key] = waited.get(key, 0.0) + seconds * layer.layers
    return PhaseCost(
        name=name,
        steps=steps,
        time_s=time_s,
        energy_j=sum(o.energy_j for o in operators if o.phase == name) + leakage_w * time_s,
        bottleneck=_bottleneck(waited),
        timing=timing,
    )


def operator_costs(timings: Mapping[PhaseName, Timing], together: int = 1) -> tuple[OperatorCost, ...]:
    """List the operators of all phases, with layers that are placed differently apart.

    Seconds are those of one device, units, joules and products of all devices that work `together`.
    """
    return tuple(
        _operator(name, layer, bill, timing.passes, together)
        for name, timing in timings.items()
        for layer in timing.layers
        for bill in layer.bills
    )


def component_costs(timings: Mapping[PhaseName, Timing], priced: Prices, total_s: float) -> tuple[ComponentCost, ...]:
    """Price the uses of every part, and what it leaks over the whole time."""
    used: dict[Price, float] = {}
    for timing in timings.values():
        for layer in timing.layers:
            times = layer.layers * timing.passes
            for bill in layer.bills:
                for price, uses in bill.uses.items():
                    used[price] = used.get(price, 0.0) + uses * times
    spent: dict[str, tuple[float, float, float]] = {}
    for price, uses in used.items():
        low, typical, high = spent.get(price.name, (0.0, 0.0, 0.0))
        spent[price.name] = (
            low + uses * price.energy_low_j,
            typical + uses * price.energy_j,
            high + uses * price.energy_high_j,
        )
    found = []
    for name, standing in priced.standing.items():
        low, typical, high = spent.get(name, (0.0, 0.0, 0.0))
        found.append(
            ComponentCost(
                name=name,
                engine=standing.engine,
                instances=standing.instances,
                energy_j=typical,
                energy_low_j=low,
                energy_high_j=high,
                leakage_j=standing.leakage_w.typical * total_s,
                leakage_low_j=standing.leakage_w.low * total_s,
                leakage_high_j=standing.leakage_w.high * total_s,
                area_m2=standing.area_m2.typical,
                area_low_m2=standing.area_m2.low,
                area_high_m2=standing.area_m2.high,
            )
        )
    return tuple(found)


def engine_costs(
    chip: Chip,
    holdings: Holdings,
    priced: Prices,
    timings: Mapping[PhaseName, Timing],
    operators: tuple[OperatorCost, ...],
    parts: tuple[ComponentCost, ...],
) -> tuple[EngineCost, ...]:
    """Add up parts by engine, and say how much of the time each engine works."""
    total_s = sum(float(timing.time_s.sum()) for timing in timings.values()) * chip.devices.pipeline
    units = {name: engine.units * chip.devices.pipeline for name, engine in chip.engines.items()}
    busy_s, taken, macs = _busy_s(timings, units), _taken(timings, units), dict.fromkeys(chip.engines, 0.0)
    for operator in operators:
        macs[operator.engine] += operator.macs
    found = []
    for name, engine in chip.engines.items():
        mine = [part for part in parts if part.engine == name]
        used = min(units[name], max(holdings.units_used(name), taken.get(name, 0))) if units[name] else 0
        found.append(
            EngineCost(
                name=name,
                kind=engine.kind,
                units=units[name] * chip.devices.together,
                units_used=used * chip.devices.together,
                area_m2=sum([part.area_m2 for part in mine]),
                energy_j=sum([part.energy_j + part.leakage_j for part in mine]),
                busy_fraction=busy_s[name] / total_s if total_s else 0.0,
                macs=macs[name],
                peak_macs_per_s=priced.peak_macs_per_s[name],
            )
        )
    return tuple(found)


def _busy_s(timings: Mapping[PhaseName, Timing], units: Mapping[str, int]) -> dict[str, float]:
    """Add up the seconds that each engine works, weighed by the share of it that does."""
    busy_s = dict.fromkeys(units, 0.0)
    for timing in timings.values():
        for layer in timing.layers:
            times = layer.layers * timing.passes
            for bill in layer.bills:
                if not isinstance(bill.seat.operator, Exchange):
                    busy_s[bill.seat.engine] += bill.total_s * times * _share(bill.seat, units)
    return busy_s


def _taken(timings: Mapping[PhaseName, Timing], units: Mapping[str, int]) -> dict[str, int]:
    """Count the most units that operators without weights there take: all that stay at once, the others in turn."""
    taken: dict[str, int] = {}
    if not any(units.values()):
        return taken
    for timing in timings.values():
        kept: dict[str, int] = {}
        for layer in timing.layers:
            for bill in layer.bills:
                name, seat = bill.seat.engine, bill.seat
                if seat.own and _cached(seat):
                    kept[name] = kept.get(name, 0) + seat.units * layer.layers * timing.passes
                elif not seat.own:
                    taken[name] = max(taken.get(name, 0), seat.units)
        for name, count in kept.items():
            taken[name] = max(taken.get(name, 0), count)
    return taken


def _operator(phase: PhaseName, layer: Layer, bill: Bill, passes: int, together: int) -> OperatorCost:
    seat = bill.seat
    times = layer.layers * passes
    homes = 1
    if seat.own:
        homes = (1 if layer.shared else layer.layers) * (passes if _cached(seat) else 1)
    return OperatorCost(
        phase=phase,
        block=layer.name,
        name=seat.operator.name,
        role=seat.operator.role,
        engine=seat.engine,
        layers=layer.layers,
        copies=seat.copies,
        rewritten_layers=layer.layers if seat.rewritten else 0,
        units=seat.units * seat.copies * homes * together,
        time_s=bill.total_s * times,
        energy_j=bill.energy_j * times,
        macs=bill.macs * times * together,
        bottleneck=bill.bottleneck,
    )


def _cached(seat: Seat) -> bool:
    return isinstance(seat.operator, MatMul) and seat.operator.stationary == "cache"


def _share(seat: Seat, units: Mapping[str, int]) -> float:
    """Share of the engine that works when the operator runs."""
    if not (seat.own or seat.rewritten):
        return 1.0
    of_engine = units[seat.engine]
    return seat.units * seat.copies / of_engine if of_engine else 1.0


def _bottleneck(waited: Mapping[tuple[str, str], float]) -> Bottleneck:
    total = sum(waited.values())
    by_part: dict[str, float] = {}
    for (part, _), seconds in waited.items():
        by_part[part] = by_part.get(part, 0.0) + seconds
    part = max(by_part, key=by_part.__getitem__)
    operator = max((key for key in waited if key[0] == part), key=waited.__getitem__)[1]
    return Bottleneck(part=part, operator=operator, share_fraction=by_part[part] / total if total else 0.0)
