"""Arrays fed by source lines that run beside the output lines, where inputs only open and close cells."""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.errors import outside, wrong_type
from bitline.numerics.wires.network import Wires


def separate_source_current(cells_siemens: Tensor, gates: Tensor, wires: Wires, supply_v: float = 1.0) -> Tensor:
    """Give the sensed currents `[..., batch, outputs]`, float64, of cells `[..., outputs, inputs]`.

    Every output line has a source line of its own, held at `supply_v` one segment (`input_ohm`, and `source_ohm`)
    before input 0; `gates` `[batch, inputs]` in 0..1 scale the conductance of the cells, 0 is open. Lines do not
    couple, but currents are not linear in the gates, so nothing can be folded. Raises `ConfigError` for conductances
    or gates that cannot be, and for lines connected at both ends.
    """
    paths = wires.paths_siemens(cells_siemens)
    outputs, inputs = paths.shape[-2:]
    if gates.ndim != 2 or gates.shape[1] != inputs:
        raise wrong_type("gates", tuple(gates.shape), f"a shape [batch, {inputs}]")
    if not bool(((gates >= 0) & (gates <= 1)).all()):
        raise outside("gates", float(gates.max()) if float(gates.max()) > 1 else float(gates.min()), 0.0, 1.0, "")
    if wires.driven_twice or wires.sensed_twice:
        raise wrong_type("wires", wires, "driven and sensed at one end, as separate source lines are")
    before_ohm = wires.input_segments_ohm(inputs).tolist()
    after_ohm = wires.output_segments_ohm(inputs).tolist()
    shape = (*paths.shape[:-2], len(gates), outputs)
    source = _answer(1.0, paths, shape)
    output = _answer(0.0, paths, shape)
    for place in range(inputs):
        gated = paths[..., None, :, place] * gates.to(paths)[:, place, None]
        source, output = _with_cell(source, output, gated, before_ohm[place], after_ohm[place])
    return output[0] * supply_v


def _answer(constant: float, like: Tensor, shape: tuple[int, ...]) -> Tensor:
    answer = like.new_zeros((3, *shape))
    answer[0] = constant
    return answer


def _with_cell(
    source: Tensor, output: Tensor, siemens: Tensor, before_ohm: float, after_ohm: float
) -> tuple[Tensor, Tensor]:
    """Lengthen both lines by one cell.

    `source` is the voltage at the end of the source line, `output` the current at the end of the output line, both
    `[3, ...]`: a constant, a factor of the current taken from the first and one of the voltage held at the second.
    """
    level, drop, lift = source
    carried, kept, drawn = output
    drop = drop - before_ohm
    share = 1.0 / (1.0 - drawn * after_ohm)
    back = (1.0 - lift) * after_ohm * share
    through = torch.stack((level - back * carried, drop - back * kept, (lift - 1.0) * share))
    through = through * (siemens / (1.0 + siemens * (back * (1.0 + kept) - drop)))
    output = share * (output + (1.0 + kept) * through)
    node = after_ohm * output
    node[2] += 1.0
    source = torch.stack((level, drop, torch.zeros_like(drop))) + drop * through + lift * node
    return source, output
