"""Effective conductances by two ladders per cell and a coarse solution of what they leave out.

The ladders hold the other lines at a fixed voltage; what they miss is current that comes back through other cells.
It has passed through many of them, so an array with `GROUP` by `GROUP` cells lumped into one gives it well enough: the
exact solution of the lumped array less its own ladders, spread smoothly over the lines and in proportion to
the current each of them carries.

A lumped line stands in the middle of its lines. Carrying t_1, t_2, ... between the same two places they heat up like
one line of resistance r sum(t**2) / sum(t)**2 with their current in all, which is what it gets.

Error of the currents, root mean square over that of the exact currents, for 256 x 256 cells and as many ohm per segment
on both lines: with wires left out, by ladders alone, and by this. Cells of 1 to 100 microsiemens; half of the
cells off and lines of different strength; one in ten on at 100 microsiemens, the others cut off.

    ohm     1 to 100 uS                uneven                     sparse
    0.02    4.7 %   0.05 %   0.001 %   3.1 %   0.02 %   0.001 %   1.0 %   0.002 %   0.0004 %
    0.1     23 %    1.0 %    0.02 %    15 %    0.4 %    0.02 %    4.9 %   0.06 %    0.007 %
    0.35    77 %    6.9 %    0.2 %     53 %    3.3 %    0.2 %     17 %    0.6 %     0.07 %
    1       200 %   20 %     0.6 %     140 %   12 %     0.7 %     50 %    3.3 %     0.4 %
    3       510 %   35 %     1.2 %     360 %   28 %     2.5 %     150 %   13 %      1.5 %

Of differences between pairs (Gaussian weights, inputs of one sign): separate bitlines 0.001, 0.02, 0.2, 1.3 and 7 %;
interleaved 0.0002, 0.004, 0.04, 0.2 and 0.7 %. Tests hold these figures.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.numerics.wires.exact import joined
from bitline.numerics.wires.groups import Groups, groups_of
from bitline.numerics.wires.ladder import ladders, shares
from bitline.numerics.wires.lines import Lines

GROUP = 12
"""Lines in a group, about: half as many err as much and take a third longer, a third more err more in small arrays."""


def lumped(paths_siemens: Tensor, lines: Lines) -> Tensor:
    """Approximate G_eff of cells `[arrays, outputs, inputs]` in the same shape."""
    outputs, inputs = paths_siemens.shape[-2:]
    if max(outputs, inputs) <= 2 * GROUP:
        return joined(paths_siemens, lines).to(paths_siemens)
    down = groups_of(outputs, GROUP).to(paths_siemens)
    across = groups_of(inputs, GROUP, interleaved=lines.interleaved).to(paths_siemens)
    reached, delivered = shares(paths_siemens, lines)
    leaving = torch.einsum("aoi,aoi->ao", paths_siemens, delivered)[..., None]
    folded = reached.mul_(paths_siemens)
    arriving = folded.sum(-2, keepdim=True)
    folded.mul_(delivered)
    groups = down.members @ paths_siemens @ across.members.T
    fewer = _fewer(lines, down, across, _concentration(arriving, across), _concentration(leaving.mT, down).mT)
    missed = (joined(groups, fewer) - ladders(groups, fewer)).to(paths_siemens)
    carried = (down.members @ leaving) * (arriving @ across.members.T)
    density = torch.where(carried > 0, missed / carried, 0.0)
    return folded.add_((down.spread @ density @ across.spread.T).mul_(arriving).mul_(leaving))


def _concentration(current: Tensor, groups: Groups) -> Tensor:
    """Give sum(t**2) / sum(t)**2 over the lines of each group, for currents `[arrays, 1, lines]`."""
    total = (current @ groups.members.T).square()
    alike = 1.0 / groups.members.sum(1)
    return torch.where(total > 0, (current.square() @ groups.members.T) / total, alike).to(torch.float64)


def _fewer(lines: Lines, down: Groups, across: Groups, into: Tensor, out: Tensor) -> Lines:
    """Give the lines of the lumped arrays, from the middle of one group to that of the next."""
    before, after = lines.before_ohm[:, 0].to(into), lines.after_ohm.to(into)
    from_driver, from_sense = before.cumsum(0), after.flip(0).cumsum(0).flip(0)
    inward, outward = down.centres(from_driver), across.centres(from_sense)
    steps = inward.diff(prepend=inward.new_zeros(1))
    back = -outward.diff(append=outward.new_zeros(1))
    ends = lines.far_source_ohm, lines.far_sense_ohm
    return Lines(
        steps.clamp(min=0.0)[:, None] * into,
        back.clamp(min=0.0) * out,
        None if ends[0] is None else (ends[0].to(into) + from_driver[-1] - inward[-1]) * into[:, 0],
        None if ends[1] is None else (ends[1].to(into) + from_sense[0] - outward[0]) * out[..., 0],
    )
