"""Which layer and which effect costs how much: one at a time, and all together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, final

from torch import nn

from bitline.errors import ConfigError, missing, not_one_of, outside
from bitline.hardware import Chip
from bitline.verbs.age import age
from bitline.verbs.calibrate import calibrate
from bitline.verbs.change import Change, change
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import OnChip, deployment_of, find_deployment
from bitline.verbs.effects import EFFECTS, TIME, Effect, chosen, without
from bitline.verbs.evaluate import losses
from bitline.verbs.grouping import BY, By, Group, everything, groups
from bitline.verbs.idealised import with_arithmetic
from bitline.verbs.restore import restore
from bitline.verbs.windows import Tokens, Window, usual_window, windows

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is measured, how many measurements are done, and of how many."""
ROOM_K = 300.0
EVERYTHING, NOTHING = "everything", "nothing"
"""Besides the names of effects: all are at work, or none is."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What is measured."""

    effects: tuple[str, ...] | None = None
    """Each alone; all if not given."""
    layers: tuple[str, ...] | None = None
    """Numbers, or `ends` for what is outside of layers; all if not given."""
    by: By = "both"
    """Modules that go on the chip together: those of one layer and role, of one layer, or of one role."""
    seed: int = 0
    """Of the chip, with all its errors."""
    age_s: float = 0.0
    """Time from programming and calibrating to scoring."""
    temperature_k: float = ROOM_K
    """While scoring."""

    @property
    def aged(self) -> bool:
        """Whether time or heat have anything to do."""
        return self.age_s > 0 or self.temperature_k != ROOM_K

    @property
    def measured(self) -> tuple[Effect, ...]:
        """Effects that are measured alone; time only if there was any."""
        return tuple(effect for effect in chosen(self.effects) if self.aged or effect.name != TIME)

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        chosen(self.effects)
        for name, value, low in (("age_s", self.age_s, 0.0), ("temperature_k", self.temperature_k, 1.0)):
            if not (math.isfinite(value) and value >= low):
                raise outside(name, value, low, math.inf, name.rpartition("_")[2].replace("k", "K"))
        if not self.measured:
            raise missing("age_s", "the seconds after which time is to be blamed for anything")
        if self.by not in BY:
            raise not_one_of("by", self.by, BY)
        if self.seed < 0:
            raise outside("seed", self.seed, 0, float("inf"), "")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a group of modules costs on the chip, all others being digital."""

    group: Group
    alone: Mapping[str, Change | None]
    """With one effect at work, by its name; None where the chip has nothing of it there."""
    together: Change
    """With everything the chip does."""

    @property
    def sum_nats_per_token(self) -> float:
        """Effects alone, added up."""
        return sum(one.nats_per_token for one in self.alone.values() if one is not None)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """Costs of a chip taken apart; changes are against the digital model, on the same tokens."""

    model: str
    chip: str
    seed: int
    age_s: float
    temperature_k: float
    text: str
    """Where the tokens are from, if that was said."""
    tokens: int
    """Scored."""
    windows: int
    window: int
    """Tokens the model sees together."""
    digital_nats_per_token: float
    effects: tuple[Effect, ...]
    """Those measured alone."""
    costs: tuple[Cost, ...]
    """By group."""
    whole: Cost
    """Of everything placed on the chip at once."""
    ideal: Change
    """The whole chip with every effect switched off: what is left is rounding too fine to matter."""

    def sum_nats_per_token(self, effect: str | None = None) -> float:
        """Add up the groups: with one effect alone, or with everything together."""
        every = (cost.together if effect is None else cost.alone[effect] for cost in self.costs)
        return sum(one.nats_per_token for one in every if one is not None)


def sensitivity(
    model: nn.Module,
    chip: Chip,
    tokens: Tokens,
    *,
    calibration: Tokens | None = None,
    window: int | None = None,
    probe: Probe | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Put parts of a causal language model on a chip, one group and one effect at a time, and score a text.

    Args:
        model: Left as it was, off the chip.
        chip: What it is put on.
        tokens: Scored; more windows make the standard errors smaller.
        calibration: Finds ranges where the chip has any to find; the scored tokens if not given.
        window: Tokens the model sees together; as many as it has positions for if not given.
        probe: Which effects, which layers, how grouped; everything if not given.
        progress: Told how far the work is.

    Raises:
        ConfigError: nothing of the model is placed on an engine that changes numbers; an unknown effect or layer.
        DataError: the text is shorter than one window.

    """
    probe = probe or Probe()
    window = usual_window(model) if window is None else window
    cut = windows(tokens, window)
    if find_deployment(model) is not None:
        restore(model)
    bench = _Bench(model, chip, cut, tokens if calibration is None else calibration, window, probe)
    placed = bench.placed()
    found, every = groups(placed, probe.by, probe.layers), everything(placed)
    steps = [step for group in (*found, every) for step in bench.steps(group, probe.measured)]
    steps.append(_Step(every, NOTHING, bench.chip_with(())))
    measured: dict[tuple[str, str], Change] = {}
    for number, step in enumerate(steps):
        (progress or _silent)(f"{step.group.name}: {step.what}", number, len(steps))
        measured[step.group.name, step.what] = bench.measured(step)
    return Sensitivity(
        model=type(model).__name__, chip=chip.name, seed=probe.seed, age_s=probe.age_s,
        temperature_k=probe.temperature_k, text="", window=window,
        tokens=int(bench.tokens.sum()), windows=len(cut),
        digital_nats_per_token=float(bench.digital.sum() / bench.tokens.sum()),
        effects=probe.measured,
        costs=tuple(_cost(group, measured, probe) for group in found),
        whole=_cost(every, measured, probe), ideal=measured[every.name, NOTHING],
    )  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class _Step:
    """One measurement."""

    group: Group
    what: str
    chip: Chip


class _Bench:
    """One model, one text, and the digital scores; whatever is put on the chip is compared with those."""

    def __init__(
        self, model: nn.Module, chip: Chip, cut: list[Window], calibration: Tokens, window: int, probe: Probe
    ) -> None:
        self.model, self.chip, self.cut, self.probe = model, chip, cut, probe
        self.calibration, self.window = calibration, window
        self.digital, self.tokens = losses(model, cut)

    def placed(self) -> tuple[OnChip, ...]:
        """List what the chip's placement sends to engines that change numbers."""
        on_chip = deployment_of(deploy(self.model, self.chip, seed=self.probe.seed)).on_chip
        restore(self.model)
        if not on_chip:
            raise ConfigError(
                f"{self.chip.name}: nothing of this model is placed on an engine that changes numbers, "
                f"so there is nothing to take apart."
            )
        return on_chip

    def steps(self, group: Group, effects: tuple[Effect, ...]) -> Iterator[_Step]:
        """List what is to be measured of a group: each effect that is there, then everything."""
        numbers = [self.chip.engines[name].arithmetic() for name in group.engines]
        for effect in effects:
            if any(effect.works_on(one) for one in numbers):
                yield _Step(group, effect.name, self.chip_with((effect,)))
        yield _Step(group, EVERYTHING, self.chip)

    def chip_with(self, effects: tuple[Effect, ...]) -> Chip:
        """Give the chip with only these effects at work."""
        others = tuple(effect for effect in EFFECTS if effect not in effects)
        return with_arithmetic(self.chip, lambda arithmetic: without(arithmetic, others))

    def measured(self, step: _Step) -> Change:
        """Put a group on the chip, score the text, and take it off again."""
        wanted = frozenset(step.group.modules)
        deploy(self.model, step.chip, seed=self.probe.seed, only=wanted.__contains__)
        try:
            if deployment_of(self.model).learns:
                calibrate(self.model, self.calibration, window=self.window)
            if self.probe.aged:
                age(self.model, self.probe.age_s, self.probe.temperature_k)
            nats, _ = losses(self.model, self.cut)
        finally:
            restore(self.model)
        return change(nats, self.digital, self.tokens)


def _cost(group: Group, measured: Mapping[tuple[str, str], Change], probe: Probe) -> Cost:
    alone = {effect.name: measured.get((group.name, effect.name)) for effect in probe.measured}
    return Cost(group=group, alone=alone, together=measured[group.name, EVERYTHING])


def _silent(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""
