"""Trained models with text that scores them and other text to calibrate them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, final

import torch
from torch import Tensor

from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.evaluate import Likelihood, perplexity
from bitline.verbs.tasks import masked_words

WINDOW = 256
DOCUMENTS = 16
REACTIONS, REACTION_TOKENS = 48, 128


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A trained model, what scores it, and other text to calibrate it with."""

    model: Any
    score: Callable[[Any], Likelihood]
    calibration: list[Tensor]
    text: str


def _stories(folder: Path, name: str, scored: int = DOCUMENTS) -> Subject:
    loaded = load_checkpoint(folder / name)
    texts = (folder / "tinystories/stories.txt").read_text(encoding="utf-8").split("<|endoftext|>")
    documents = [one[:WINDOW] for one in loaded.documents(texts[: scored + DOCUMENTS])]
    text = f"tinystories/stories.txt, first {scored} stories, cut at {WINDOW} tokens"
    return Subject(
        model=loaded.model,
        score=partial(perplexity, tokens=documents[:scored], window=WINDOW),
        calibration=documents[scored:],
        text=text,
    )


def _shakespeare(folder: Path, name: str, scored: int = DOCUMENTS) -> Subject:
    known = json.loads((folder / name / "chars.json").read_text(encoding="utf-8"))["chars"]
    body = (folder / "tinyshakespeare/input.txt").read_text(encoding="utf-8")
    codes = torch.tensor([known.index(one) for one in body[int(0.9 * len(body)) :]])
    parts = list(codes[: (scored + DOCUMENTS) * WINDOW].split(WINDOW))
    text = f"tinyshakespeare/input.txt, first {scored} windows of {WINDOW} characters of the last tenth"
    return Subject(
        model=load_checkpoint(folder / name).model,
        score=partial(perplexity, tokens=parts[:scored], window=WINDOW),
        calibration=parts[scored:],
        text=text,
    )


def _reactions(folder: Path, name: str, scored: int = REACTIONS) -> Subject:
    loaded = load_checkpoint(folder / name)
    lines = (folder / name / "reactions.txt").read_text(encoding="utf-8").splitlines()[: 4 * scored]
    documents = [one for one in loaded.documents(lines) if one.numel() <= REACTION_TOKENS][: scored + REACTIONS]
    mask, special = loaded.tokenizer.mask_token_id, loaded.tokenizer.all_special_ids
    hidden = []
    for document in documents[scored:]:
        every_seventh = torch.arange(document.numel()) % 7 == 3
        hidden.append(document.masked_fill(every_seventh, mask))
    return Subject(
        model=loaded.model,
        score=partial(masked_words, documents=documents[:scored], mask=mask, special=special),
        calibration=hidden,
        text=f"{name}/reactions.txt, first {scored} of up to {REACTION_TOKENS} tokens, 15 % masked (seed 0)",
    )


SUBJECTS: Mapping[str, Callable[..., Subject]] = {
    name: partial(make, name=name)
    for name, make in {
        "stories260k": _stories,
        "babyllama105": _stories,
        "shakespeare_gpt": _shakespeare,
        "albert_rxn": _reactions,
    }.items()
}
"""Of the folder of data; and `scored`, how many texts are scored, if more than usual."""
ENCODERS = ("albert_rxn",)
"""Scored by accuracy; the others by perplexity."""
