"""Effective conductances by two ladders per cell: a fast approximation that needs no joint solution of the lines.

G_eff[i, j] = p[i, j] G[i, j] q[i, j], with p the share of the driver voltage that reaches crossing (i, j) along input
line j if every output line were at 0 V, and q the share of the cell's current that output line i delivers to its sense
node if every input line were held. Exact if input lines or output lines are ideal; otherwise right to first
order in the wires' resistance and off in second order, which it underestimates. `coarse.py` states the error.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.wires.lines import Lines


def ladders(paths_siemens: Tensor, lines: Lines) -> Tensor:
    """Approximate G_eff of cells `[arrays, outputs, inputs]` in one pass along every line each way."""
    reached, delivered = shares(paths_siemens, lines)
    return reached.mul_(paths_siemens).mul_(delivered)


def shares(paths_siemens: Tensor, lines: Lines) -> tuple[Tensor, Tensor]:
    """Give p and q of cells `[arrays, outputs, inputs]` in the same shape, in new tensors."""
    down = paths_siemens.movedim(-2, 0).contiguous()
    reached = _share(down, lines.before_ohm.to(down).movedim(-2, 0), lines.far_source_ohm)
    # A line sensed behind its last crossing is one driven there, with its crossings turned round.
    across = paths_siemens.movedim(-1, 0).flip(0).contiguous()
    delivered = _share(across, lines.after_ohm.to(across).movedim(-1, 0).flip(0), lines.far_sense_ohm)
    return reached.movedim(0, -2), delivered.flip(0).movedim(0, -1)


def _share(shunts_siemens: Tensor, before_ohm: Tensor, far_ohm: Tensor | None) -> Tensor:
    """Give the voltage at each crossing `[crossings, arrays, lines]` of lines at 1 V, their cells leading to 0 V.

    From the far end: each crossing gets the share 1 / (1 + r y) of what stands before its segment r, with y the
    conductance behind it; seen through the segment, y becomes y / (1 + r y).
    """
    passed = torch.empty_like(shunts_siemens)
    one = shunts_siemens.new_ones(1)
    ends = None if far_ohm is None else (1.0 / far_ohm).to(shunts_siemens)
    load = torch.zeros_like(shunts_siemens[0])
    if ends is not None:
        load += ends
    alike = [float(ohm) for ohm in before_ohm] if before_ohm[0].numel() == 1 else None
    for place in reversed(range(len(passed))):
        load.add_(shunts_siemens[place])
        if alike is not None:
            torch.add(one, load, alpha=alike[place], out=passed[place])
        else:
            torch.addcmul(one, load, before_ohm[place], out=passed[place])
        passed[place].reciprocal_()
        load.mul_(passed[place])
    near = passed if ends is None else passed.clone()
    for place in range(1, len(near)):
        near[place].mul_(near[place - 1])
    return near if ends is None else _lifted(near, passed, before_ohm, ends)


def _lifted(near: Tensor, passed: Tensor, before_ohm: Tensor, ends_siemens: Tensor) -> Tensor:
    """Add to the voltages due to the first driver (second at 0 V) those due to a second one at 1 V (first at 0 V).

    Behind each crossing stands that driver as a source of current, `push`, which shrinks on its way like a load.
    """
    push = ends_siemens.expand(near.shape[1:]).clone()
    pushes = torch.empty_like(near)
    for place in reversed(range(len(near))):
        pushes[place] = push
        push.mul_(passed[place])
    volt = torch.zeros_like(near[0])
    for place in range(len(near)):
        volt.add_(pushes[place] * before_ohm[place]).mul_(passed[place])
        near[place] += volt
    return near
