"""The resistances along the lines of arrays, crossing by crossing: what every method of folding works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from torch import Tensor, device
from torch.nn.functional import pad


@final
@dataclass(frozen=True, slots=True)
class Lines:
    """Resistances in ohm, float64, around arrays of `outputs` by `inputs` cells."""

    before_ohm: Tensor
    """Before each crossing of an input line, the driver's included: `[outputs, 1]`, or `[arrays, outputs, inputs]`."""
    after_ohm: Tensor
    """After each crossing of an output line, the sense node's included: `[inputs]`, or `[arrays, outputs, inputs]`."""
    far_source_ohm: Tensor | None = None
    """From the last crossing of an input line to a second driver, `[1]` or `[arrays, inputs]`, all positive."""
    far_sense_ohm: Tensor | None = None
    """From the first crossing of an output line to a second sense node, `[1]` or `[arrays, outputs]`, all positive."""
    interleaved: bool = False
    """Input lines 2 j and 2 j + 1 meet every output line at one node."""

    def of_arrays(self, some: slice, where: device) -> Lines:
        """Give the lines of some of the arrays, on a device."""

        def cut(ohm: Tensor, alike: int) -> Tensor:
            return (ohm if ohm.ndim == alike else ohm[some]).to(where)

        return replace(
            self,
            before_ohm=cut(self.before_ohm, 2),
            after_ohm=cut(self.after_ohm, 1),
            far_source_ohm=None if self.far_source_ohm is None else cut(self.far_source_ohm, 1),
            far_sense_ohm=None if self.far_sense_ohm is None else cut(self.far_sense_ohm, 1),
        )

    def with_loose_ends(self, outputs: int, inputs: int) -> Lines:
        """Add crossings after the last ones, on lines of no resistance; for cells of no conductance."""

        def ends(ohm: Tensor | None, more: int) -> Tensor | None:
            return ohm if ohm is None or ohm.ndim == 1 else pad(ohm, (0, more), value=1.0)

        return replace(
            self,
            before_ohm=pad(self.before_ohm, (0, inputs if self.before_ohm.ndim == 3 else 0, 0, outputs)),
            after_ohm=pad(self.after_ohm, (0, inputs, 0, outputs)[: 4 if self.after_ohm.ndim == 3 else 2]),
            far_source_ohm=ends(self.far_source_ohm, inputs),
            far_sense_ohm=ends(self.far_sense_ohm, outputs),
        )
