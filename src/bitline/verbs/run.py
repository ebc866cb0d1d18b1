"""The main job: what a model loses on a chip, and what it takes, in one answer."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias, final

from bitline.errors import ConfigError, not_one_of, outside
from bitline.hardware import Chip
from bitline.numerics import PLANS, PlanName, is_random
from bitline.systems import load_chip
from bitline.verbs.activity import MatrixUse, engine_activity, matrix_uses, measure_activity, reads_per_token
from bitline.verbs.age import age
from bitline.verbs.calibrate import calibrate
from bitline.verbs.checkpoint import Checkpoint, load_checkpoint
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import Digital, OnChip, deployment_of
from bitline.verbs.described import EMBEDDED, described, usual_request
from bitline.verbs.estimate import estimate
from bitline.verbs.evaluate import Accuracy, evaluate
from bitline.verbs.outcome import Estimate
from bitline.verbs.read_disturb import disturbed_after
from bitline.verbs.request import Request
from bitline.verbs.restore import restore
from bitline.verbs.text import Sample, sample_text
from bitline.verbs.windows import usual_window

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told the stage, how much of it is done, and of how much."""

USUAL_CHIP = "default"
MOST = 10**9
_OLDEST = 1e12


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How well the model does on the chip, once for each seed (each a chip of its own, with its own errors)."""

    seeds: tuple[int, ...]
    accuracies: tuple[Accuracy, ...]
    text: str
    """What was scored."""
    floor_nats_per_token: float | None
    """The loss of a perfect model of the text, where that is known."""
    on_chip: tuple[OnChip, ...]
    digital: tuple[Digital, ...]
    stored_bytes: int
    """Memory of the programmed state in this simulation."""
    uncalibrated: tuple[str, ...]
    """Matrices that saw no input while ranges were found."""
    age_s: float = 0.0
    """Of the cells when they were read, since programming."""
    temperature_k: float = 300.0
    activity: tuple[MatrixUse, ...] = ()
    """How busy data kept each matrix, if that was asked for."""

    @property
    def perplexities(self) -> tuple[float, ...]:
        """On the chip, by seed."""
        return tuple(one.on_chip.perplexity for one in self.accuracies)

    @property
    def perplexity_mean(self) -> float:
        """Over the seeds."""
        return statistics.fmean(self.perplexities)

    @property
    def perplexity_spread(self) -> float:
        """Standard deviation over the seeds; 0 for one."""
        return statistics.stdev(self.perplexities) if len(self.accuracies) > 1 else 0.0

    @property
    def digital_perplexity(self) -> float:
        """Of the same model off the chip."""
        return self.accuracies[0].digital.perplexity

    @property
    def agreement_fraction(self) -> float:
        """Share of tokens for which chip and digital model put the same token first; mean over seeds."""
        return statistics.fmean(one.agreement_fraction for one in self.accuracies)

    @property
    def divergence_nats_per_token(self) -> float:
        """Kullback-Leibler divergence of the chip's predictions from the digital ones; mean over seeds."""
        return statistics.fmean(one.divergence_nats_per_token for one in self.accuracies)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Cost and, where there are weights and text, accuracy."""

    estimate: Estimate
    """Energies of uniform data."""
    measured: Measured | None
    in_use: Estimate | None = None
    """The same with the activity of data that was measured, if that was asked for."""
    warnings: tuple[str, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How accuracy is measured."""

    text: str | Path | None = None
    """A file to score, one running text or documents set apart by lines of `<|endoftext|>`; the embedded model
    needs none, as its text is generated."""
    tokens: int = 4096
    """About how many to score."""
    seeds: int = 3
    """Chips to try, each with errors of its own; one where the chip has none."""
    plan: PlanName = "auto"
    """How products are computed: auto, fold, lossless, exact or statistical."""
    age_s: float = 0.0
    """After programming; ranges are found before."""
    temperature_k: float | None = None
    """While reading; that of the chip if not given."""
    activity: bool = False
    """Whether to watch the data of every matrix, and give the energy with them too."""

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        for field, value in (("tokens", self.tokens), ("seeds", self.seeds)):
            if not 1 <= value <= MOST:
                raise outside(f"trial.{field}", value, 1, MOST, "")
        for field, number, unit in (("age_s", self.age_s, "s"), ("temperature_k", self.temperature_k or 0.0, "K")):
            if not 0.0 <= number <= _OLDEST:
                raise outside(f"trial.{field}", number, 0.0, _OLDEST, unit)
        if self.plan not in PLANS:
            raise not_one_of("trial.plan", self.plan, PLANS)


def run(
    model: str | Path = EMBEDDED,
    chip: str | Path | Chip = USUAL_CHIP,
    request: Request | None = None,
    *,
    trial: Trial | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a model on a chip: accuracy against the digital model, and everything `estimate` says.

    Args:
        model: `embedded`, a folder with config.json, safetensors and tokenizer.json, or a preset's name (a preset
            has no weights, so that it gets costs only).
        chip: A chip, the name of a system, or the path of a description.
        request: What is asked; one prompt of 128 tokens and 128 tokens to make if not given.
        trial: How accuracy is measured; three seeds on 4096 tokens if not given.
        progress: Told how far the work is.

    Raises:
        ConfigError, CapacityError, DataError: as `estimate`, `deploy` and `load_checkpoint` do.

    """
    trial = trial or Trial()
    chip = chip if isinstance(chip, Chip) else load_chip(chip)
    known = described(model)
    request = request or usual_request(known)
    cost = estimate(known, chip, request)
    if not _has_weights(model):
        for field, asked in (("text", trial.text), ("activity", trial.activity)):
            if asked:
                value = str(asked) if field == "text" else asked
                raise ConfigError(
                    f"trial.{field} = {value!r}: {known.name} is a preset without weights; give a checkpoint folder."
                )
        return Run(estimate=cost, measured=None, warnings=(*cost.warnings, _NO_WEIGHTS.format(known.name)))
    checkpoint = load_checkpoint(model)
    sample = (
        sample_text(checkpoint, trial.text, trial.tokens, usual_window(checkpoint.model)) if known.is_decoder else None
    )
    if sample is None:
        why = _NO_TEXT if known.is_decoder else _ENCODER
        if trial.activity:
            raise ConfigError(f"trial.activity = True: {why.format(known.name)}")
        return Run(estimate=cost, measured=None, warnings=(*cost.warnings, why.format(known.name)))
    measured = _measured(checkpoint, chip, sample, trial, progress or _silent)
    busy = engine_activity(measured.activity)
    return Run(
        estimate=cost, measured=measured, in_use=estimate(known, chip, request, activity=busy) if busy else None,
        warnings=(
            *cost.warnings, *_remarks(measured), *_unwatched(measured, busy),
            *disturbed_after(chip, reads_per_token(measured.activity)),
        ),
    )  # fmt: skip


_NO_WEIGHTS = "{} is a preset without weights: costs only. Give a checkpoint folder for accuracy."
_NO_TEXT = "{}: no text given, so accuracy was not measured. Give one with --text."
_ENCODER = "{} is an encoder: accuracy needs a task of its own (bitline.verbs.tasks), so costs only."


def _has_weights(model: str | Path) -> bool:
    return str(model) == EMBEDDED or Path(model).is_dir()


def _measured(checkpoint: Checkpoint, chip: Chip, sample: Sample, trial: Trial, progress: Progress) -> Measured:
    random = any(is_random(engine.arithmetic(), trial.plan) for engine in chip.engines.values())
    chips = trial.seeds if random else 1
    accuracies: list[Accuracy] = []
    unseen: tuple[str, ...] = ()
    for seed in range(chips):
        name = f"chip {seed + 1} of {chips}"
        progress(f"{name}: programming", 0, 1)
        deployed = deploy(checkpoint.model, chip, seed=seed, plan=trial.plan)
        if deployment_of(deployed).learns:
            progress(f"{name}: calibrating", 0, 1)
            unseen = calibrate(deployed, sample.calibration)
        age(deployed, trial.age_s, trial.temperature_k)
        accuracies.append(evaluate(deployed, sample.scored, progress=partial(progress, f"{name}: reading")))
    deployment = deployment_of(checkpoint.model)
    uses: tuple[MatrixUse, ...] = ()
    if trial.activity:
        watching = partial(progress, "watching data")
        uses = matrix_uses(deployment, measure_activity(checkpoint.model, sample.calibration, progress=watching))
    restore(checkpoint.model)
    return Measured(
        seeds=tuple(range(chips)), accuracies=tuple(accuracies), text=sample.source,
        floor_nats_per_token=sample.floor_nats_per_token, on_chip=deployment.on_chip, digital=deployment.digital,
        age_s=trial.age_s, temperature_k=trial.temperature_k or chip.technology.temperature_k,
        stored_bytes=deployment.stored_bytes, uncalibrated=unseen, activity=uses,
    )  # fmt: skip


def _remarks(measured: Measured) -> tuple[str, ...]:
    remarks = list(dict.fromkeys(said for one in measured.accuracies for said in one.caveats))
    if measured.uncalibrated:
        remarks.append(f"{len(measured.uncalibrated)} matrices saw no input during calibration and kept wide ranges.")
    if len(measured.seeds) == 1:
        remarks.append("One seed: either one was asked for, or nothing on this chip is random.")
    return tuple(remarks)


def _unwatched(measured: Measured, busy: Collection[str]) -> tuple[str, ...]:
    engines = dict.fromkeys(one.engine for one in measured.on_chip if one.engine not in busy)
    return tuple(
        f"Data of engine {name!r} were not watched (attention stands in no matrix): its energy is of uniform data."
        for name in engines
        if busy
    )


def _silent(_stage: str, _done: int, _of: int) -> None:
    """Tell nobody."""
