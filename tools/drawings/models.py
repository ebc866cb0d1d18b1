"""What the embedded model shows on the default chip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from matplotlib.axes import Axes

import bitline as bl
from bitline.embedded import evaluation_text
from bitline.hardware import Spread
from bitline.verbs.change import Change
from bitline.verbs.sensitivity import Probe
from drawings.style import COLOURS, Panels, named

WINDOW = 128


def _tokens(count: int) -> torch.Tensor:
    return torch.from_numpy(evaluation_text(count, 1).ids.copy())


def activity(panels: Panels) -> None:
    """Draw sums that reach the converters of two matrices, and the share of ones in each bit of their inputs."""
    left, right = panels
    checkpoint = bl.load_checkpoint("embedded")
    model = bl.deploy(checkpoint.model, bl.load_chip("default"), seed=0)
    found = bl.measure_activity(model, _tokens(2 * WINDOW), window=WINDOW, sampled=32)
    bl.restore(model)
    names = [next(name for name in found if name.endswith(end)) for end in ("q_proj", "down_proj")]
    for number, name in enumerate(names):
        one = found[name]
        assert one.converter is not None
        counts = torch.tensor(one.converter.histogram, dtype=torch.float64)
        edges = torch.linspace(one.converter.low, one.converter.high, len(counts) + 1)
        left.stairs(100.0 * counts / counts.sum(), edges, color=COLOURS[number], label=name.split(".", 2)[-1])
        place = torch.arange(len(one.bit_fractions)) + 0.4 * number - 0.2
        right.bar(place, 100.0 * torch.tensor(one.bit_fractions), 0.38, color=COLOURS[number])
    left.set_yscale("log")
    named(left, "Sums at the converters of the default chip", "sum (levels × input steps)", "share of conversions (%)")
    named(right, "Ones in the bits of inputs", "bit of the input code (0 is the least)", "pulses that are on (%)")


def sensitivity(panels: Panels) -> None:
    """Draw what each effect and each role costs, with two standard errors either way."""
    left, right = panels
    checkpoint = bl.load_checkpoint("embedded")
    chip = bl.load_chip("default")
    engine = chip.engines["weights"]
    cell = replace(engine.cell, programming_noise=Spread(sigma_fraction=0.2))
    strained = replace(engine, cell=cell, input=replace(engine.input, bits=4))
    chip = replace(chip, engines={**chip.engines, "weights": strained})
    found = bl.sensitivity(checkpoint.model, chip, _tokens(4 * WINDOW), window=WINDOW, probe=Probe(by="role"))
    effects = {name: one for name, one in found.whole.alone.items() if one is not None}
    _bars(left, {**effects, "together": found.whole.together}, COLOURS[0])
    named(left, "Each effect alone, and all together", "loss added (nats per token)", "")
    roles = sorted(found.costs, key=lambda cost: cost.together.nats_per_token)
    _bars(right, {cost.group.name: cost.together for cost in reversed(roles)}, COLOURS[1])
    named(right, "Each role alone on the chip", "loss added (nats per token)", "")


def _bars(axes: Axes, changes: Mapping[str, Change], colour: str) -> None:
    names = list(changes)[::-1]
    loss = [changes[name].nats_per_token for name in names]
    chance = [2.0 * changes[name].error_nats_per_token for name in names]
    axes.barh(names, loss, xerr=chance, color=colour, error_kw={"linewidth": 1.0, "capsize": 2.0})
