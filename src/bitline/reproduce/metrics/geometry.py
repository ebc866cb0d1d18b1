"""How large: arrays, tiles, weights. Exact counts that need no cost model."""

from __future__ import annotations

from bitline.engines.crossbar import Crossbar
from bitline.errors import wrong_type
from bitline.hardware import Chip
from bitline.operators import MatMul
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import Model, prefill


def weights_held(*, chip: Chip, engine: str, tiles: int | None = None) -> float:
    """Weights that an engine's arrays (or so many of its tiles) hold when every cell is used."""
    crossbar = _crossbar(chip, engine)
    hierarchy, array = crossbar.hierarchy, crossbar.array
    arrays = hierarchy.arrays_per_core * hierarchy.cores_per_tile * (tiles or hierarchy.tiles)
    cells_per_weight = -(-crossbar.weight.bits // crossbar.cell.bits)
    cells_per_weight *= crossbar.weight.polarities
    return arrays * array.rows * array.columns / cells_per_weight


def weights_of_layer(*, model: Model, block: str = "layers") -> float:
    """Count the static weights of one layer's matrices, biases not counted."""
    found = (operator for each in prefill(model, 1, 1).blocks if each.name == block for operator in each.operators)
    return float(sum(o.k * o.n * o.held for o in found if isinstance(o, MatMul) and o.stationary == "weight"))


def tiles_needed(*, chip: Chip, model: Model, engine: str, layers: int | None = None, block: str = "layers") -> float:
    """Tiles that the layers of a model take on an engine."""
    crossbar = _crossbar(chip, engine)
    hierarchy = crossbar.hierarchy
    arrays = 0.0
    for each in prefill(model, 1, 1).blocks:
        weights = (o for o in each.operators if isinstance(o, MatMul) and o.stationary == "weight")
        if each.name == block:
            arrays += (layers or each.repeat) * float(sum(crossbar.claim(o) * o.held for o in weights))
    return arrays / (hierarchy.arrays_per_core * hierarchy.cores_per_tile)


def tiles(*, chip: Chip, engine: str) -> float:
    """Tiles of an engine."""
    return float(_crossbar(chip, engine).hierarchy.tiles)


def readout_s(*, chip: Chip, engine: str) -> float:
    """Time to convert all columns of one array once."""
    crossbar = _crossbar(chip, engine)
    if crossbar.adc.rate_hz is None:
        raise wrong_type(f"engines.{engine}.adc.rate_hz", None, "a rate", chip.name)
    return crossbar.array.columns / crossbar.adc.per_array / crossbar.adc.rate_hz


def latency_floor_s(*, chip: Chip, model: Model, prompt: int, engine: str) -> float:
    """Least time of a prefill while each layer's arrays convert one token's pulses after another."""
    pulses = _crossbar(chip, engine).input.pulses
    return prompt * pulses * readout_s(chip=chip, engine=engine) * model.layers


def area_m2(*, chip: Chip, model: Model, prompt: int = 1) -> float:
    """Silicon of the whole chip."""
    return estimate(model, chip, Request(prompt=prompt)).area_m2


def area_ratio(*, chip: Chip, against: Chip, model: Model, prompt: int = 1) -> float:
    """Silicon of the chip over that of another."""
    return area_m2(chip=chip, model=model, prompt=prompt) / area_m2(chip=against, model=model, prompt=prompt)


def _crossbar(chip: Chip, engine: str) -> Crossbar:
    found = chip.engines.get(engine)
    if not isinstance(found, Crossbar):
        raise wrong_type("engine", engine, "the name of a crossbar engine", chip.name)
    return found
