"""What a chip takes for a request: time, energy, area, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from bitline.errors import ConfigError, not_one_of, wrong_type
from bitline.hardware.activity import Activity
from bitline.hardware.chip import Chip
from bitline.mapping.holding import decided_by, hold
from bitline.mapping.identity import Same
from bitline.mapping.place import place
from bitline.mapping.plan import Holdings
from bitline.mapping.storage import cache_home, stored_bytes
from bitline.operators import Workload
from bitline.systems import load_chip
from bitline.timeline.prices import prices
from bitline.timeline.step import Timing, time_of
from bitline.verbs.caveats import caveats
from bitline.verbs.decoding import contexts_of, decoded, one_more, seen_before
from bitline.verbs.described import beyond, described
from bitline.verbs.outcome import ComponentCost, EngineCost, Estimate, PhaseName
from bitline.verbs.request import Request
from bitline.verbs.spending import component_costs, engine_costs, operator_costs, phase_cost
from bitline.verbs.wear import lifetimes
from bitline.workload import Model, kv_cache_bytes, prefill

KNOWN_REQUESTS = 16
KNOWN_CHIPS = 64


def estimate(
    model: Model | str | Path,
    chip: Chip | str | Path,
    request: Request | None = None,
    *,
    activity: Mapping[str, Activity] | None = None,
) -> Estimate:
    """Estimate latency, energy and area of a request on a chip.

    Args:
        model: A model, the name of a preset, `embedded`, or the path of a configuration.
        chip: A chip, the name of a system, or the path of a description.
        request: What is asked; one prompt of 512 tokens if not given.
        activity: How busy data keep engines, by their names: it moves the energies that models derive from data, and
            no others. An engine that is not named meets uniform data.

    Raises ConfigError where the description, the placement or the request does not go with the model, and
    CapacityError where the model does not fit.

    """
    model = described(model)
    chip = chip if isinstance(chip, Chip) else load_chip(chip)
    request, activity = _asked(request), dict(activity or {})
    _check_engines(activity, chip)
    first = _first(Same(model), request)
    holdings, home = _holdings(model, chip, first), cache_home(_next(Same(model), request, first), chip)
    stored = stored_bytes(holdings, chip, home, _cache_values(model, request))
    timings = _timings(model, chip, request, first, holdings, activity)
    priced, none = prices(chip, activity), np.empty(0)
    per_token_s = timings["decode"].time_s if "decode" in timings else none
    total_s = float(timings["prefill"].time_s[0] + per_token_s.sum())
    operators = operator_costs(timings, chip.devices.together)
    parts = component_costs(timings, priced, total_s)
    engines = engine_costs(chip, holdings, priced, timings, operators, parts)
    leakage_j = sum([part.leakage_j for part in parts])
    macs = sum([operator.macs for operator in operators])
    return Estimate(
        model=model.name, chip=chip.name, request=request, policy=chip.schedule.policy,
        time_to_first_token_s=float(timings["prefill"].time_s[0]),
        contexts=contexts_of(model, request),
        time_per_token_s=per_token_s,
        mean_time_per_token_s=float(per_token_s.mean()) if per_token_s.size else 0.0,
        total_s=total_s,
        energy_j=sum([part.energy_j for part in parts]) + leakage_j,
        energy_low_j=sum([part.energy_low_j + part.leakage_low_j for part in parts]),
        energy_high_j=sum([part.energy_high_j + part.leakage_high_j for part in parts]),
        leakage_j=leakage_j, macs=macs, area_m2=sum([part.area_m2 for part in parts]),
        area_low_m2=sum([part.area_low_m2 for part in parts]), area_high_m2=sum([part.area_high_m2 for part in parts]),
        peak_ops_per_s=2.0 * sum(priced.peak_macs_per_s.values()),
        macro_ops_per_j=_macro_ops_per_j(chip, engines, parts),
        phases=tuple(phase_cost(name, timing, operators, priced.leakage_w) for name, timing in timings.items()),
        operators=operators, components=parts, engines=engines, figures=priced.figures,
        assumptions=chip.provenance.assumptions, activity=activity, description=chip,
        held_bytes={name: held * chip.devices.together for name, held in stored.items()},
        lifetime_s=lifetimes(chip, holdings, timings, total_s),
        warnings=(
            *beyond(model, request),
            *caveats(chip, holdings, home, first, timings["prefill"], parts, dict(priced.figures)),
        ),
    )  # fmt: skip


@lru_cache(maxsize=KNOWN_REQUESTS)
def _first(same: Same[Model], request: Request) -> Workload:
    """Give the operators of a prompt, once for all chips of a sweep."""
    model = same.value
    if request.generate and not model.is_decoder:
        raise ConfigError(
            f"request.generate = {request.generate}: {model.name} is an encoder and makes no tokens. Nearest: 0."
        )
    return prefill(model, request.batch, request.prompt)


def _asked(request: Request | None) -> Request:
    if request is not None and not isinstance(request, Request):
        raise wrong_type("request", request, "a Request: Request(prompt=512, generate=128)")
    return request or Request()


def _check_engines(activity: Mapping[str, Activity], chip: Chip) -> None:
    for name in activity:
        if name not in chip.engines:
            raise not_one_of("activity", name, chip.engines, chip.name)


def _timings(
    model: Model, chip: Chip, request: Request, first: Workload, holdings: Holdings, activity: Mapping[str, Activity]
) -> dict[PhaseName, Timing]:
    timings: dict[PhaseName, Timing] = {"prefill": time_of(place(first, chip, holdings), chip, activity)}
    if request.steps:
        timings["decode"] = decoded(model, chip, request, holdings, activity)
    return timings


def _holdings(model: Model, chip: Chip, first: Workload) -> Holdings:
    """Say where weights stay: the very same for all prompts that do not decide otherwise."""
    known, prompt = _held(Same(model), Same(chip)), decided_by(first, chip)
    found = known.get(prompt)
    if found is None:
        if len(known) >= KNOWN_REQUESTS:
            known.clear()
        found = known[prompt] = hold(first, chip)
    return found


@lru_cache(maxsize=KNOWN_CHIPS)
def _held(model: Same[Model], chip: Same[Chip]) -> dict[tuple[int, ...], Holdings]:  # noqa: ARG001
    """Remember where the weights of this very model stay on this very chip."""
    return {}


def _next(same: Same[Model], request: Request, first: Workload) -> Workload:
    """Give a step that uses keys and values: one that makes a token, where any is made."""
    return one_more(same, request.batch) if request.steps else first


def _cache_values(model: Model, request: Request) -> float:
    """Count keys and values at the end of the last step; one pass over a prompt need not keep any."""
    if not request.generate:
        return 0.0
    seen, source = seen_before(model, request)
    return float(np.max(kv_cache_bytes(model, request.batch, seen + request.steps, 1.0, source=source)))


def _macro_ops_per_j(chip: Chip, engines: tuple[EngineCost, ...], parts: tuple[ComponentCost, ...]) -> float:
    energy: dict[str, float] = {}
    for part in parts:
        if part.engine and part.name.rpartition(".")[2] in chip.engines[part.engine].macro_parts:
            energy[part.engine] = energy.get(part.engine, 0.0) + part.energy_j
    macs = sum(engine.macs for engine in engines if energy.get(engine.name))
    return 2.0 * macs / sum(energy.values()) if macs else 0.0
