"""Decoding at one context length from weights in a flash: how fast, and what crosses its channels.

`context` counts the tokens that the one step looks back on, its own included.
"""

from __future__ import annotations

from bitline.costs import flash_rounds
from bitline.engines.flash_pim import FlashPim
from bitline.engines.flash_tiles import channel_tile
from bitline.errors import wrong_type
from bitline.hardware import Chip, OutlierCode
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import Model


def context_tokens_per_s(*, chip: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Tokens of all requests over the time of one decode step."""
    return _step(chip, model, context, batch).decode_tokens_per_s


def context_speedup(*, chip: Chip, against: Chip, model: Model, context: int, batch: int = 1) -> float:
    """Our tokens per second of the chip over ours of the baseline."""
    fast = context_tokens_per_s(chip=chip, model=model, context=context, batch=batch)
    return fast / context_tokens_per_s(chip=against, model=model, context=context, batch=batch)


def context_speedup_over_printed(*, chip: Chip, against_tokens_per_s: float, model: Model, context: int) -> float:
    """Our tokens per second over those that were printed for the baseline."""
    return context_tokens_per_s(chip=chip, model=model, context=context) / against_tokens_per_s


def channel_bytes_per_token(*, chip: Chip, model: Model, context: int, engine: str) -> float:
    """Count what crosses the channels in one step: weights, inputs and results of rounds."""
    name = f"{engine}.channels"
    _flash(chip, engine)
    layers = next(phase for phase in _step(chip, model, context).phases if phase.name == "decode").timing.layers
    return sum(
        uses * one.layers
        for one in layers
        for bill in one.bills
        for price, uses in bill.uses.items()
        if price.name == name
    )


def channel_use_fraction(*, chip: Chip, model: Model, context: int, engine: str) -> float:
    """Give what crosses the channels over what could cross them in the time of a step."""
    flash = _flash(chip, engine).flash
    moved = channel_bytes_per_token(chip=chip, model=model, context=context, engine=engine)
    step_s = 1.0 / context_tokens_per_s(chip=chip, model=model, context=context)
    return moved / (flash.channels * flash.channel_bytes_per_s * step_s)


def channel_use_gain(*, chip: Chip, against: Chip, model: Model, context: int, engine: str) -> float:
    """Share of the channels that the chip uses less that which the baseline does."""
    more = channel_use_fraction(chip=chip, model=model, context=context, engine=engine)
    return more - channel_use_fraction(chip=against, model=model, context=context, engine=engine)


def compute_cores(*, chip: Chip, engine: str) -> float:
    """Count the cores, one for each die."""
    flash = _flash(chip, engine).flash
    return float(flash.channels * flash.dies)


def weight_bytes_per_s(*, chip: Chip, engine: str) -> float:
    """Weights that dies and host multiply with one input in a second, where tiles are full and slices fill channels."""
    flash = _flash(chip, engine).flash
    one = channel_tile(int(flash.dies * flash.page_bytes))
    crossing = {"inputs_bytes": float(one.inputs), "outputs_bytes": float(one.outputs)}
    of_dies = flash.dies * flash.page_bytes / flash_rounds.round_s(flash, **crossing)
    return float(flash.channels * (of_dies + flash_rounds.left_bytes_per_s(flash, **crossing)))


def outlier_code_bytes() -> float:
    """Bytes in the spare area of one page of codes of eight bits."""
    return OutlierCode().spare_bits(8) / 8


def _step(chip: Chip, model: Model, context: int, batch: int = 1) -> Estimate:
    return estimate(model, chip, Request(batch=batch, prompt=context - 1, generate=2))


def _flash(chip: Chip, engine: str) -> FlashPim:
    found = chip.engines.get(engine)
    if not isinstance(found, FlashPim):
        raise wrong_type("engine", engine, "the name of a flash that multiplies", chip.name)
    return found
