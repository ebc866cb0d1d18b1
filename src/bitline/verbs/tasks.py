"""Scores of models that do not predict the next word: whole answers, and words hidden in a sentence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from bitline.errors import DataError
from bitline.numerics.let_go import first_present
from bitline.verbs.evaluate import Likelihood, quiet


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How many whole answers were right."""

    right: int
    asked: int

    @property
    def right_fraction(self) -> float:
        """Share that was right in every token."""
        return self.right / self.asked


def exact_match(model: nn.Module, prompts: Tensor, answers: Tensor, *, batch: int = 256) -> Answers:
    """Let a causal model continue `prompts [n, p]` greedily, with its cache, and compare with `answers [n, a]`."""
    generating: Any = model
    device = first_present(model.parameters()).device
    right = 0
    with quiet(model):
        for asked, wanted in zip(torch.split(prompts, batch), torch.split(answers, batch), strict=True):
            given = generating.generate(
                asked.to(device), attention_mask=torch.ones_like(asked).to(device), do_sample=False,
                max_new_tokens=wanted.shape[1], min_new_tokens=wanted.shape[1], pad_token_id=0,
            )  # fmt: skip
            right += int((given[:, asked.shape[1] :].cpu() == wanted).all(dim=1).sum())
    return Answers(right=right, asked=len(prompts))


def masked_words(
    model: nn.Module,
    documents: Sequence[Tensor],
    *,
    mask: int,
    special: Collection[int],
    hidden_fraction: float = 0.15,
    seed: int = 0,
) -> Likelihood:
    """Hide some ordinary tokens of each document `[tokens]` behind the token `mask` and score the model's guesses.

    Which ones are hidden depends on the seed and on the documents only.
    """
    rng = torch.Generator().manual_seed(seed)
    reserved = torch.tensor(sorted(special))
    nats, hits, count = 0.0, 0, 0
    device = first_present(model.parameters()).device
    with quiet(model):
        for document in documents:
            hidden = (torch.rand(document.shape, generator=rng) < hidden_fraction) & ~torch.isin(document, reserved)
            if not bool(hidden.any()):
                continue
            logits = model(document.masked_fill(hidden, mask)[None].to(device)).logits[0].cpu()
            scores, wanted = logits[hidden].float().log_softmax(-1), document[hidden]
            nats -= float(scores.gather(1, wanted[:, None]).sum(dtype=torch.float64))
            hits += int((scores.argmax(-1) == wanted).sum())
            count += wanted.numel()
    if not count:
        raise DataError("no token was hidden: the documents have too few ordinary tokens.")
    return Likelihood(nats_per_token=nats / count, top1_fraction=hits / count, tokens=count)
