"""What one pass takes, asked of the estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from bitline.errors import ConfigError
from bitline.hardware.chip import Chip
from bitline.mapping.holding import hold
from bitline.mapping.place import place
from bitline.mapping.plan import Holdings
from bitline.operators import Workload
from bitline.timeline import Prices, plan_ends_j, prices, time_of
from bitline.workload import Model, chunk

USUAL_PROMPT = 512


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Direct:
    """A model in its place on a chip."""

    model: Model
    chip: Chip
    holdings: Holdings
    priced: Prices

    def cost(self, workload: Workload) -> NDArray[np.float64]:
        """Give seconds, and joules low, typical and high (leakage left out) of a pass, shape `[4, contexts]`."""
        plan = place(workload, self.chip, self.holdings)
        time_s = time_of(plan, self.chip).time_s
        spent_j = plan_ends_j(plan, self.chip, self.priced)
        return np.array((time_s, *(np.broadcast_to(one_j, time_s.shape) for one_j in spent_j)))

    @property
    def leakage_w(self) -> tuple[float, float, float]:
        """Of the whole chip: low, typical, high."""
        spans = [one.leakage_w for one in self.priced.standing.values()]
        return sum(one.low for one in spans), sum(one.typical for one in spans), sum(one.high for one in spans)


def direct(model: Model, chip: Chip) -> Direct:
    """Place a decoder on a chip; raises CapacityError where it does not fit, ConfigError for another kind of model."""
    if model.design.kind != "decoder":
        raise ConfigError(f"{model.name}: only a decoder can be served token by token. Use estimate.")
    holdings = hold(chunk(model, min(USUAL_PROMPT, model.design.position_rows or USUAL_PROMPT), 0), chip)
    return Direct(model=model, chip=chip, holdings=holdings, priced=prices(chip))
