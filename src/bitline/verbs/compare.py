"""One model on many chips, side by side, by one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from bitline.errors import CapacityError, ConfigError, wrong_type
from bitline.hardware import Chip
from bitline.hardware.provenance import Tally, facts, tally
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.outcome import Estimate
from bitline.verbs.request import Request
from bitline.workload import Model, load_model


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One chip of a comparison."""

    chip: str
    estimate: Estimate | None
    """None where the model cannot run on it."""
    why_not: str
    """By how much it does not fit, or what the chip cannot compute."""
    rests_on: Tally
    """Numbers of the description, by where they are from."""
    utilisation_fraction: float
    """Operations per second over the dense peak of the chip; 0 where it does not run."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A model and a request on several chips, in the order they were named."""

    model: str
    request: Request
    entries: tuple[Entry, ...]


def compare(
    model: Model | str | Path, chips: Sequence[Chip | str | Path], request: Request | None = None
) -> Comparison:
    """Estimate the model on every chip; one that cannot hold or run it says why and by how much.

    Without a request: a prompt of 512 tokens and 128 to make. Raises `ConfigError` or `DataError` for a name or a file
    that is wrong, and where no chip is given.
    """
    if isinstance(chips, str) or not chips:
        raise wrong_type("on", chips, "the names of chips, one or more")
    known = load_model(model) if isinstance(model, str | Path) else model
    asked = Request(prompt=512, generate=128 if known.is_decoder else 0) if request is None else request
    loaded = [chip if isinstance(chip, Chip) else load_chip(chip) for chip in chips]
    return Comparison(model=known.name, request=asked, entries=tuple(_entry(known, chip, asked) for chip in loaded))


def _entry(model: Model, chip: Chip, request: Request) -> Entry:
    found, why_not = None, ""
    try:
        found = estimate(model, chip, request)
    except CapacityError as error:
        why_not = str(error)
    except ConfigError as error:
        # An operator that no engine of this chip runs is an answer; what is wrong with the request is not.
        if chip.name not in str(error):
            raise
        why_not = str(error)
    used = found.ops_per_s / found.peak_ops_per_s if found is not None and found.peak_ops_per_s else 0.0
    return Entry(
        chip=chip.name, estimate=found, why_not=why_not, rests_on=tally(facts(chip)), utilisation_fraction=used
    )
