"""Effective conductances by two ladders per cell: a fast approximation that needs no joint solution of the lines.

G_eff[i, j] = p[i, j] G[i, j] q[i, j], with p the share of the driver voltage that reaches crossing (i, j) along input
line j if every output line were at 0 V, and q the share of the cell's current that output line i delivers to its sense
node if every input line were held. Exact if input lines or output lines are ideal; otherwise right to first
order in the wires' resistance and off in second order, which it underestimates.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.wires.network import Wires


def ladder_conductance(cells_siemens: Tensor, wires: Wires) -> Tensor:
    """Approximate G_eff of cells `[..., outputs, inputs]` in the same shape, in float64, in one pass each way.

    Raises `ConfigError` if a conductance is negative or not finite.
    """
    paths = wires.paths_siemens(cells_siemens)
    if wires.ideal:
        return paths
    outputs, inputs = paths.shape[-2:]
    far_source_ohm = wires.input_ohm + wires.source_ohm if wires.driven_twice else None
    far_sense_ohm = wires.output_ohm + wires.sense_ohm if wires.sensed_twice else None
    down = paths.movedim(-2, 0).contiguous()
    across = paths.movedim(-1, 0).flip(0)
    reached = _share(down, wires.input_segments_ohm(outputs).tolist(), far_source_ohm)
    delivered = _share(across, wires.output_segments_ohm(inputs).flip(0).tolist(), far_sense_ohm)
    return paths * reached.movedim(0, -2) * delivered.flip(0).movedim(0, -1)


def _share(shunts_siemens: Tensor, before_ohm: list[float], far_ohm: float | None) -> Tensor:
    """Give the voltage at each crossing `[crossings, ...]` of lines that start at 1 V, their cells leading to 0 V.

    Eliminates from the far end: what follows a crossing draws `load` times its voltage less `push`.
    """
    load = torch.zeros_like(shunts_siemens[0])
    push = torch.zeros_like(load)
    if far_ohm:
        load, push = load + 1.0 / far_ohm, push + 1.0 / far_ohm
    loads, pushes = torch.empty_like(shunts_siemens), torch.empty_like(shunts_siemens)
    for place in reversed(range(len(before_ohm))):
        loads[place] = load + shunts_siemens[place]
        pushes[place] = push
        # Seen through the segment: conductance y becomes y / (1 + r y), and so does the current pushed back.
        through = 1.0 / (1.0 + before_ohm[place] * loads[place])
        load, push = loads[place] * through, push * through
    volts = torch.empty_like(shunts_siemens)
    volt = torch.ones_like(load)
    for place, ohm in enumerate(before_ohm):
        volt = (volt + ohm * pushes[place]) / (1.0 + ohm * loads[place])
        volts[place] = volt
    return volts
