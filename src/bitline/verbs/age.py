"""Let the cells of a deployed model grow older, or warmer."""

from __future__ import annotations

import math

from torch import nn

from bitline.errors import outside
from bitline.numerics import Age
from bitline.verbs.deployment import deployment_of


def age(
    model: nn.Module, seconds: float = 0.0, kelvin: float | None = None, *, tokens: float = 0.0, reads: float = 0.0
) -> None:
    """Read the weights of a deployed model so long after they were programmed, at a temperature, from now on.

    If no temperature is given it is that of the chip. The cells stay those that were programmed: results at several
    ages, in any order, are those of one chip. `tokens` counts what was processed since, for cells whose leak is told
    per token; `reads` those of every cell, for cells that reading disturbs. Keys and values are written anew for each
    request and stay as they are written. Calibrated ranges stay too, as they would on a chip: call `calibrate` again
    for a chip that is calibrated at that age.

    Raises:
        ConfigError: the model is not deployed, or an argument is no age or no temperature.

    """
    deployment = deployment_of(model)
    kelvin = deployment.chip.technology.temperature_k if kelvin is None else kelvin
    counts = (("seconds", seconds, 0.0), ("tokens", tokens, 0.0), ("reads", reads, 0.0))
    for name, value, low in (*counts, ("kelvin", kelvin, 1.0)):
        if not (math.isfinite(value) and value >= low):
            raise outside(name, value, low, math.inf, {"kelvin": "K", "seconds": "s"}.get(name, name))
    when = Age(seconds=float(seconds), kelvin=float(kelvin), tokens=float(tokens), reads=float(reads))
    for held in deployment.held.values():
        for matrix in held.matrices:
            matrix.refuse(when)
    for held in deployment.held.values():
        held.grow(when)
