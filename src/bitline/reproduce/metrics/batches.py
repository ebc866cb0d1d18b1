"""Decode steps of a batch on chips that keep each request in a channel: stages, speed-ups, how busy products are.

Only the layers count: no embedding, no head. A batch is that of one pipeline stage. Requests look back on equal
contexts, or on lengths drawn as they stand in a server that has warmed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bitline.engines.dram_pim import DramPim
from bitline.engines.gpu import Gpu
from bitline.engines.systolic import Systolic
from bitline.errors import not_one_of
from bitline.hardware import Chip
from bitline.mapping.identity import Same
from bitline.operators import MatMul, Workload, largest
from bitline.serving import Direct, direct
from bitline.verbs.layer_costs import layer_costs
from bitline.workload import Model, load_model
from bitline.workload.mixed import mixed

LAYERS = "layers"
MEAN_TOKENS = {"sharegpt": (80, 296), "alpaca": (12, 56)}
"""Input and output tokens of a request, in the mean: NeuPIMs, section 8.1 [stated]."""
LONGEST = 2048
"""Tokens that a request may look back on: NeuPIMs' generator of traces [stated]."""
DRAWS = 1
GROUPS = {"gpt3-6.7b": (4, 1), "gpt3-13b": (4, 1), "gpt3-30b": (4, 2), "gpt3-175b": (8, 4)}
"""Devices over which matrices are cut, and stages: NeuPIMs' artifact, model_configs [stated]."""
BATCHES = (64, 128, 256, 384, 512)
"""Of NeuPIMs' figure 12 [stated]."""


def batch_operators_s(*, chip: Chip, model: Model, operators: Sequence[str], context: int, batch: int = 1) -> float:
    """Own times of some operators of one layer, one after another."""
    rows = [row for row in layer_costs(model, chip, context=context, batch=batch) if row.block == LAYERS]
    return sum(largest(row.time_s) for row in rows if row.operator in operators)


def batch_speedup(
    *, chip: Chip, against: Chip, model: Model, batch: int, context: int = 0, requests: str = "", draw: int = 0
) -> float:
    """Time of a step on the baseline over that on the chip; `requests` names lengths, or all have one context."""
    lengths = _lengths(requests, batch * _stages(model), context, draw)
    return _step_s(against, model, lengths) / _step_s(chip, model, lengths)


def batch_in_turn_speedup(*, chip: Chip, against: Chip, model: Model, batch: int, context: int) -> float:
    """Give the same for operators that follow each other on both."""
    ours, theirs = (replace(one, schedule=replace(one.schedule, policy="sequential")) for one in (chip, against))
    return batch_speedup(chip=ours, against=theirs, model=model, batch=batch, context=context)


def batch_speedup_mean(
    *, chip: Chip, against: Chip, models: Sequence[str] = tuple(GROUPS), requests: Sequence[str] = tuple(MEAN_TOKENS),
    batches: Sequence[int] = BATCHES,
) -> float:  # fmt: skip
    """Mean speed-up over models, lengths and batches."""
    return float(np.mean(_speedups(chip, against, models, requests, batches)))


def batch_speedup_most(
    *, chip: Chip, against: Chip, models: Sequence[str] = tuple(GROUPS), requests: Sequence[str] = tuple(MEAN_TOKENS),
    batches: Sequence[int] = BATCHES,
) -> float:  # fmt: skip
    """Highest speed-up over models, lengths and batches."""
    return float(np.max(_speedups(chip, against, models, requests, batches)))


def batch_speedup_least(
    *, chip: Chip, against: Chip, models: Sequence[str] = tuple(GROUPS), requests: Sequence[str] = tuple(MEAN_TOKENS),
    batches: Sequence[int] = BATCHES,
) -> float:  # fmt: skip
    """Lowest speed-up over models, lengths and batches."""
    return float(np.min(_speedups(chip, against, models, requests, batches)))


def interleaving_gain(*, chip: Chip, model: Model, batch: int, context: int = 0, requests: str = "") -> float:
    """Time of a step with the batch whole over that with parts that interleave, whatever the chip's least batch."""
    lengths = _lengths(requests, batch * _stages(model), context, 0)
    return _step_s(_from(chip, batch + 1), model, lengths) / _step_s(_from(chip, 1), model, lengths)


def interleaved_layers_s(*, chip: Chip, model: Model, batch: int, layers: int, context: int) -> float:
    """Time of so many layers with parts that interleave, the first one's fill and the last one's end included."""
    return _step_s(_from(chip, 1), model, np.full(batch * _stages(model), context), layers)


def batch_speedup_growth(
    *, chip: Chip, against: Chip, batch: int, smaller: int, models: Sequence[str] = tuple(GROUPS),
    requests: Sequence[str] = tuple(MEAN_TOKENS),
) -> float:  # fmt: skip
    """Mean speed-up at one batch over that at a smaller one."""
    more, fewer = (_speedups(chip, against, models, requests, (size,)) for size in (batch, smaller))
    return float(np.mean(more) / np.mean(fewer))


def length_speedup_growth(
    *, chip: Chip, against: Chip, requests: str, shorter: str, models: Sequence[str] = tuple(GROUPS),
    batches: Sequence[int] = BATCHES,
) -> float:  # fmt: skip
    """Mean speed-up for some lengths over that for shorter ones."""
    longer, less = (_speedups(chip, against, models, (name,), batches) for name in (requests, shorter))
    return float(np.mean(longer) / np.mean(less))


def product_use_fraction(
    *, chip: Chip, model: Model, batch: int, requests: str = "", context: int = 0, draw: int = 0
) -> float:
    """Products with weights in a step, and those with keys and values where no banks do them, over the dense peak."""
    lengths = _lengths(requests, batch * _stages(model), context, draw)
    grouped = _grouped(chip, model)
    step = _layers(_mixed(model, lengths))
    engines = [one for one in grouped.engines.values() if isinstance(one, Systolic | Gpu)]
    attends = not any(isinstance(one, DramPim) for one in grouped.engines.values())
    macs = sum(
        float(np.sum(operator.macs)) * block.repeat
        for block in step.blocks
        for operator in block.operators
        if isinstance(operator, MatMul) and (attends or operator.stationary == "weight")
    )
    # Stages work on different batches at a time: each has its share of the layers.
    peak = sum(one.peak_macs_per_s(grouped) for one in engines) * grouped.devices.all
    return macs / (_step_s(chip, model, lengths) * peak)


def _speedups(
    chip: Chip, against: Chip, models: Sequence[str], requests: Sequence[str], batches: Sequence[int]
) -> list[float]:
    return [
        batch_speedup(chip=chip, against=against, model=_model(name), batch=batch, requests=one, draw=draw)
        for name in models
        for one in requests
        for batch in batches
        for draw in range(DRAWS)
    ]


@lru_cache(maxsize=16)
def _model(name: str) -> Model:
    return load_model(name)


def _from(chip: Chip, least_batch: int) -> Chip:
    """Let a batch be parted from so many requests on."""
    return replace(chip, schedule=replace(chip.schedule, policy="sub_batch", least_batch=least_batch))


def _step_s(chip: Chip, model: Model, lengths: NDArray[Any], layers: int | None = None) -> float:
    step = _layers(_mixed(model, lengths), layers)
    return float(_placed(Same(chip), Same(model)).cost(step)[0].sum())


def _mixed(model: Model, lengths: NDArray[Any]) -> Workload:
    return mixed(model, [int(length) for length in lengths])


@lru_cache(maxsize=64)
def _placed(chip: Same[Chip], model: Same[Model]) -> Direct:
    return direct(model.value, _grouped(chip.value, model.value))


def _grouped(chip: Chip, model: Model) -> Chip:
    """Put a model on as many devices as NeuPIMs does; batches are those of one stage."""
    if model.name not in GROUPS:
        return chip
    tensor, pipeline = GROUPS[model.name]
    return replace(
        chip,
        devices=replace(chip.devices, tensor=tensor, pipeline=pipeline),
        schedule=replace(chip.schedule, least_batch=chip.schedule.least_batch * pipeline),
    )


def _stages(model: Model) -> int:
    return GROUPS.get(model.name, (1, 1))[1]


def _layers(step: Workload, layers: int | None = None) -> Workload:
    """Leave out all but the layers, or all but so many of them."""
    blocks = [block for block in step.blocks if block.name == LAYERS]
    return replace(step, blocks=tuple(replace(block, repeat=layers or block.repeat) for block in blocks))


def _lengths(requests: str, batch: int, context: int, draw: int) -> NDArray[np.int64]:
    """Give what each request looks back on.

    Assumption: inputs and outputs are exponential with the stated means; what a request of a warmed-up server has made
    so far is then exponential with the mean of outputs too.
    """
    if not requests:
        return np.full(batch, context)
    if requests not in MEAN_TOKENS:
        raise not_one_of("requests", requests, MEAN_TOKENS)
    chance = np.random.default_rng((draw, batch))
    drawn = np.zeros(batch)
    for mean in MEAN_TOKENS[requests]:
        drawn += 1 + chance.exponential(mean, batch)
    return np.minimum(drawn, LONGEST).astype(np.int64)
