"""Text to score a model on, and other text to calibrate it with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import torch
from torch import Tensor

from bitline.embedded import evaluation_text, floor_nats, generate
from bitline.errors import DataError, unreadable
from bitline.verbs.checkpoint import Checkpoint
from bitline.verbs.described import EMBEDDED
from bitline.verbs.windows import Tokens

SEPARATOR = "<|endoftext|>"
"""Stands on a line of its own between the documents of a text file; without it a file is one running text."""
CALIBRATION_SHARE = 4
"""One token in so many is for calibration rather than for scoring, where both come from one file."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Tokens to score, tokens to calibrate with, and the lowest loss any model could have, if known."""

    scored: Tokens
    calibration: Tokens
    floor_nats_per_token: float | None = None
    source: str = ""


def sample_text(checkpoint: Checkpoint, path: str | Path | None, tokens: int, window: int) -> Sample | None:
    """Take about `tokens` tokens to score, from a file or, for the embedded model, freshly generated.

    Gives None where there is nothing to read: a model of one's own and no file.

    Raises:
        DataError: the file is no text, or too short for one window.

    """
    if path is not None:
        return _from_file(checkpoint, Path(path), tokens, window)
    return _generated(tokens) if checkpoint.name == EMBEDDED else None


def _generated(tokens: int) -> Sample:
    scored = evaluation_text(tokens)
    learnt_from = generate(max(1, tokens // CALIBRATION_SHARE), seed=0)
    return Sample(
        scored=_rows(torch.from_numpy(scored.tales)),
        calibration=_rows(torch.from_numpy(learnt_from.tales)),
        floor_nats_per_token=floor_nats(scored),
        source=f"{scored.ids.size} tokens of the embedded language, generated",
    )


def _from_file(checkpoint: Checkpoint, path: Path, tokens: int, window: int) -> Sample:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, "a text in UTF-8", str(error)) from error
    parts = [part for part in text.split(SEPARATOR) if part.strip()]
    source = f"{path.name}"
    if len(parts) > 1:
        return _documents(_enough(checkpoint, parts, tokens, window), tokens, source)
    running = checkpoint.tokens(text.strip())
    if running.numel() < window:
        raise DataError(f"{path}: has {running.numel()} tokens, less than one window of {window}. Give a longer text.")
    # Calibration comes from the far end, scoring from the start; short texts serve for both.
    share = max(window, min(tokens, running.numel()) // CALIBRATION_SHARE)
    scored = running[: min(tokens, max(window, running.numel() - share))]
    if scored.numel() < window:
        scored = running[:window]
    return Sample(scored=scored, calibration=running[-share:], source=source)


def _enough(checkpoint: Checkpoint, parts: Sequence[str], tokens: int, window: int) -> list[Tensor]:
    found: list[Tensor] = []
    total = 0
    for part in parts:
        found.append(checkpoint.tokens(part.strip())[:window])
        total += found[-1].numel()
        if total >= tokens + tokens // CALIBRATION_SHARE:
            break
    return found


def _documents(documents: list[Tensor], tokens: int, source: str) -> Sample:
    scored: list[Tensor] = []
    while documents and (not scored or sum(one.numel() for one in scored) < tokens):
        scored.append(documents.pop(0))
    return Sample(scored=scored, calibration=documents or scored, source=source)


def _rows(table: Tensor) -> list[Tensor]:
    return list(table.unbind(0))
