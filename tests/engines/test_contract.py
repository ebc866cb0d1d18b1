"""What every kind of engine, present and future, must hold to."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from bitline.hardware import Chip, Engine, Figure, Part, Work
from bitline.hardware.overview import weights_held
from bitline.operators import Gather, MatMul, Operator, Route, Vector


def runnable(engine: Engine, operators: tuple[Operator, ...]) -> list[Operator]:
    return [operator for operator in operators if engine.runs(operator)]


def scaled(operator: Operator, factor: Any) -> Operator:
    if isinstance(operator, MatMul):
        return dataclasses.replace(operator, vectors=operator.vectors * factor)
    if isinstance(operator, Vector):
        return dataclasses.replace(operator, elements=operator.elements * factor, rows=operator.rows * factor)
    if isinstance(operator, Gather):
        return dataclasses.replace(operator, elements=operator.elements * factor)
    assert isinstance(operator, Route)
    return dataclasses.replace(operator, rows=operator.rows * factor)


def energy_j(work: Work, parts: dict[str, Part], *, streams: bool = True) -> Any:
    uses = [*work.stream.items(), *([] if not streams else work.setup.items())]
    return sum(np.asarray(use.total) * parts[name].energy_j.typical for name, use in uses)


def time_s(work: Work, parts: dict[str, Part]) -> Any:
    def waited(name: str, serial: Any) -> Any:
        return np.asarray(serial) * parts[name].latency_s.typical

    stream = [waited(name, use.serial) for name, use in work.stream.items()]
    return np.max(np.stack(np.broadcast_arrays(*stream)), axis=0) + sum(
        waited(name, use.serial) for name, use in work.setup.items()
    )


@pytest.fixture
def parts(engine: Engine, chip: Chip) -> dict[str, Part]:
    return {part.name: part for part in engine.parts(chip)}


def test_it_runs_something_and_holds_no_state(engine: Engine, operators: tuple[Operator, ...]) -> None:
    assert runnable(engine, operators)
    assert dataclasses.is_dataclass(engine)
    assert not hasattr(engine, "__dict__"), "engines have slots"
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(engine, dataclasses.fields(engine)[0].name, None)


def test_every_used_part_is_priced_once(engine: Engine, chip: Chip, operators: tuple[Operator, ...]) -> None:
    names = [part.name for part in engine.parts(chip)]
    assert len(names) == len(set(names))
    for operator in runnable(engine, operators):
        works = [engine.work(operator), engine.work(operator, copies=3)]
        works += [engine.rewrite(operator)] if isinstance(operator, MatMul) else []
        for work in works:
            assert {*work.stream, *work.setup} <= set(names)


def test_every_figure_has_a_source_and_an_envelope_around_it(parts: dict[str, Part]) -> None:
    for part in parts.values():
        assert part.instances >= 1
        for figure in (part.energy_j, part.latency_s, part.area_m2, part.leakage_w):
            assert isinstance(figure, Figure)
            assert figure.source
            assert np.isfinite(figure.typical)
            low = figure.typical if figure.low is None else figure.low
            high = figure.typical if figure.high is None else figure.high
            assert 0 <= low <= figure.typical * (1 + 1e-9) <= high * (1 + 2e-9)


def test_zero_vectors_cost_nothing(engine: Engine, operators: tuple[Operator, ...]) -> None:
    for operator in runnable(engine, operators):
        work = engine.work(scaled(operator, 0))
        for use in (*work.stream.values(), *work.setup.values()):
            assert use.total == 0
            assert use.serial == 0


def test_energy_beyond_fixed_streams_is_linear(
    engine: Engine, parts: dict[str, Part], operators: tuple[Operator, ...]
) -> None:
    # Weights streamed from a memory and operands written are the same for more vectors: energy is affine.
    for operator in runnable(engine, operators):
        once, twice, thrice = (energy_j(engine.work(scaled(operator, f)), parts) for f in (1, 2, 3))
        assert once > 0 or isinstance(operator, Gather)
        assert thrice - twice == pytest.approx(twice - once, rel=1e-9)
        assert once <= twice <= 2 * once * (1 + 1e-9)


def test_context_arrays_give_what_single_contexts_give(engine: Engine, operators: tuple[Operator, ...]) -> None:
    factors = np.array([0, 1, 2, 7])
    for operator in runnable(engine, operators):
        together = engine.work(scaled(operator, factors))
        for index, factor in enumerate(factors):
            alone = engine.work(scaled(operator, int(factor)))
            for ours, theirs in ((together.stream, alone.stream), (together.setup, alone.setup)):
                assert set(ours) == set(theirs)
                for name, use in ours.items():
                    for field in ("total", "serial"):
                        value = np.broadcast_to(getattr(use, field), factors.shape)[index]
                        assert value == pytest.approx(getattr(theirs[name], field)), (operator.name, name, field)


def test_growing_caches_broadcast(engine: Engine, parts: dict[str, Part]) -> None:
    context = np.arange(1, 2049)
    operator = MatMul(name="scores", role="scores", vectors=8, k=64, n=context, stationary="cache", matrices=2, held=2)
    if engine.runs(operator):
        assert time_s(engine.work(operator), parts).shape == context.shape
        assert np.all(np.diff(energy_j(engine.work(operator), parts)) >= -1e-18)


def test_nothing_is_faster_than_the_peak(
    engine: Engine, chip: Chip, parts: dict[str, Part], operators: tuple[Operator, ...]
) -> None:
    for operator in runnable(engine, operators):
        if isinstance(operator, MatMul):
            copies = max(1, int(engine.units // np.max(engine.claim(operator) * operator.matrices or 1)))
            done = operator.macs * (1 - operator.masked_fraction)
            assert done / time_s(engine.work(operator, copies), parts) <= engine.peak_macs_per_s(chip) * (1 + 1e-9)


def test_units_are_claimed_whole(engine: Engine, operators: tuple[Operator, ...]) -> None:
    for operator in runnable(engine, operators):
        if isinstance(operator, MatMul):
            claim = engine.claim(operator)
            assert claim == int(claim)
            assert (claim >= 1) == (engine.units > 0)


@pytest.mark.parametrize(("k", "n"), [(1000, 1000), (4096, 11008), (333, 77)])
def test_no_matrix_is_held_more_densely_than_the_capacity_that_is_shown(engine: Engine, k: int, n: int) -> None:
    claim = engine.claim(MatMul(name="w", role="up", vectors=1, k=k, n=n))
    if engine.units and claim:
        assert k * n <= weights_held(engine) / engine.units * claim + 1


def test_rewriting_more_matrices_takes_more_energy(
    engine: Engine, parts: dict[str, Part], operators: tuple[Operator, ...]
) -> None:
    for operator in runnable(engine, operators):
        if isinstance(operator, MatMul):
            once = energy_j(engine.rewrite(operator), parts)
            twice = energy_j(engine.rewrite(dataclasses.replace(operator, held=2 * operator.held)), parts)
            assert twice == pytest.approx(2 * once)


def test_engines_need_no_torch() -> None:
    code = "import sys, bitline.engines as e; e.engine_kinds(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
