"""The sensitivity of a model to a chip, from the names of both."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import final

from bitline.errors import ConfigError, outside
from bitline.hardware import Chip
from bitline.systems import load_chip
from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.described import EMBEDDED, described
from bitline.verbs.run import MOST, USUAL_CHIP
from bitline.verbs.sensitivity import Probe, Progress, Sensitivity, sensitivity
from bitline.verbs.text import sample_text
from bitline.verbs.windows import usual_window

LONGEST_WINDOW = 128
"""Tokens seen together: short windows are many, and differences between them say how sure a cost is."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is measured, on which text."""

    text: str | Path | None = None
    """A file to score; the embedded model needs none, as its text is generated."""
    tokens: int = 1024
    """About how many to score, once for each measurement."""
    probe: Probe = field(default_factory=Probe)

    def __post_init__(self) -> None:
        """Refuse what is out of range."""
        if not 1 <= self.tokens <= MOST:
            raise outside("tokens", self.tokens, 1, MOST, "")


def examine(
    model: str | Path = EMBEDDED,
    chip: str | Path | Chip = USUAL_CHIP,
    examination: Examination | None = None,
    *,
    progress: Progress | None = None,
) -> Sensitivity:
    """Tell which layer and which effect of a chip costs a model how much.

    Raises:
        ConfigError: no weights, no decoder or no text; or what `sensitivity` refuses.
        DataError: a file is not what it should be.

    """
    wanted = examination or Examination()
    chip = chip if isinstance(chip, Chip) else load_chip(chip)
    known = described(model)
    if str(model) != EMBEDDED and not Path(model).is_dir():
        raise ConfigError(
            f"{known.name} is a preset without weights, and accuracy needs them; give a checkpoint folder."
        )
    if not known.is_decoder:
        raise ConfigError(f"{known.name} is an encoder: it predicts no next word, so nothing can be scored.")
    checkpoint = load_checkpoint(model)
    longest = usual_window(checkpoint.model)
    window = min(longest, LONGEST_WINDOW)
    # Generated documents are as long as the model takes, of which one window each is scored.
    tokens = wanted.tokens if wanted.text is not None else wanted.tokens * longest // window
    sample = sample_text(checkpoint, wanted.text, tokens, window)
    if sample is None:
        raise ConfigError(f"{known.name}: there is no text to score. Give one with --text.")
    found = sensitivity(
        checkpoint.model, chip, sample.scored, calibration=sample.calibration, window=window, probe=wanted.probe,
        progress=progress,
    )  # fmt: skip
    source = sample.source if wanted.text is not None else "the embedded language, generated"
    return replace(found, model=checkpoint.name, text=source)
