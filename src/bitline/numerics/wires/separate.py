"""Arrays fed by source lines that run beside the output lines, where inputs only open and close cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type
from bitline.numerics.wires.lines import Lines
from bitline.numerics.wires.network import Wires


def separate_source_current(cells_siemens: Tensor, gates: Tensor, wires: Wires, supply_v: float = 1.0) -> Tensor:
    """Give the sensed currents `[..., batch, outputs]`, float64, of cells `[..., outputs, inputs]`.

    Every output line has a source line of its own, held at `supply_v` one segment (`input_ohm`, and `source_ohm`)
    before input 0, and if driven twice also behind the last input; `gates` `[batch, inputs]` in 0..1 scale the
    conductance of the cells, 0 is open. Lines do not couple, but currents are not linear in the gates, so nothing can
    be folded. Raises `ConfigError` for conductances or gates that cannot be.
    """
    paths = wires.paths_siemens(cells_siemens)
    outputs, inputs = paths.shape[-2:]
    if gates.ndim != 2 or gates.shape[1] != inputs:
        raise wrong_type("gates", tuple(gates.shape), f"a shape [batch, {inputs}]")
    if not bool(((gates >= 0) & (gates <= 1)).all()):
        raise outside("gates", float(gates.max()) if float(gates.max()) > 1 else float(gates.min()), 0.0, 1.0, "")
    lines = wires.lines(inputs, inputs)
    before_ohm, after_ohm = lines.before_ohm[:, 0].tolist(), lines.after_ohm.tolist()
    ladder = _before_first(paths.new_zeros((3, *paths.shape[:-2], len(gates), outputs)), lines)
    for place in range(inputs):
        gated = paths[..., None, :, place] * gates.to(paths)[:, place, None]
        ladder = _with_cell(ladder, gated, before_ohm[place], after_ohm[place])
    return _sensed(ladder, lines) * supply_v


@final
@dataclass(frozen=True, slots=True)
class _Ladder:
    """Both lines of every output up to some input, seen from their ends.

    Each answer `[3, ...]` is a constant (for a supply of 1 V), a factor of the current taken from the source line's end
    and one of the voltage held at the output line's end.
    """

    source_v: Tensor
    """Voltage at the end of the source line."""
    output_a: Tensor
    """Current out of the end of the output line."""
    cells_a: Tensor
    """Current through all cells so far."""


def _before_first(nothing: Tensor, lines: Lines) -> _Ladder:
    source, output = nothing.clone(), nothing.clone()
    source[0] = 1.0
    if lines.far_sense_ohm is not None:
        output[2] = -1.0 / float(lines.far_sense_ohm)
    return _Ladder(source, output, nothing)


def _with_cell(ladder: _Ladder, siemens: Tensor, before_ohm: float, after_ohm: float) -> _Ladder:
    """Lengthen both lines by one cell."""
    level, drop, lift = ladder.source_v
    carried, kept, drawn = ladder.output_a
    drop = drop - before_ohm
    share = 1.0 / (1.0 - drawn * after_ohm)
    back = (1.0 - lift) * after_ohm * share
    through = torch.stack((level - back * carried, drop - back * kept, (lift - 1.0) * share))
    through = through * (siemens / (1.0 + siemens * (back * (1.0 + kept) - drop)))
    output = share * (ladder.output_a + (1.0 + kept) * through)
    node = after_ohm * output
    node[2] += 1.0
    total, per_taken, per_held = ladder.cells_a
    cells = (1.0 + per_taken) * through + per_held * node
    cells[0] += total
    cells[1] += per_taken
    source = torch.stack((level, drop, torch.zeros_like(drop))) + drop * through + lift * node
    return _Ladder(source, output, cells)


def _sensed(ladder: _Ladder, lines: Lines) -> Tensor:
    """Hold the output line's end at 0 V, and the source line's open or behind its segment at 1 V."""
    sensed: Tensor = ladder.cells_a[0]
    if lines.far_source_ohm is not None:
        level, drop, _ = ladder.source_v
        # The current taken from the end flows into the second supply: level + drop I = 1 + far I.
        sensed = sensed + ladder.cells_a[1] * ((level - 1.0) / (float(lines.far_source_ohm) - drop))
    return sensed
