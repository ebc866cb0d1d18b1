"""How well a model predicts text, digitally and on its chip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import final

import torch
from torch import Tensor, nn

from bitline.numerics.let_go import first_present
from bitline.verbs.deployed_caveats import deployed_caveats
from bitline.verbs.deployment import deployment_of
from bitline.verbs.restore import digital
from bitline.verbs.windows import Tokens, Window, batches, usual_window, windows

BATCH = 8


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """How well next tokens were predicted."""

    nats_per_token: float
    top1_fraction: float
    """Share of tokens that were the model's first choice."""
    tokens: int
    """Scored."""

    @property
    def perplexity(self) -> float:
        """The exponential of the mean loss."""
        return math.exp(self.nats_per_token)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """A model on its chip against the same model computed digitally, on the same tokens."""

    on_chip: Likelihood
    digital: Likelihood
    agreement_fraction: float
    """Share of tokens for which both put the same token first."""
    divergence_nats_per_token: float
    """Mean Kullback-Leibler divergence of the chip's distribution from the digital one."""
    caveats: tuple[str, ...] = ()
    """What the numbers of the chip stand on, where that is not what is described."""


def perplexity(
    model: nn.Module, tokens: Tokens, *, window: int | None = None, stride: int | None = None, batch: int = BATCH
) -> Likelihood:
    """Score a text with a causal language model as it stands, deployed or not; see `windows` for how it is cut."""
    total = _Sums()
    with quiet(model):
        for group, logits in _forward(model, _cut(model, tokens, window, stride), batch):
            for one, rows in zip(group, logits, strict=True):
                total.add(_scored(one, rows), _targets(one))
    return total.likelihood()


def evaluate(
    model: nn.Module,
    tokens: Tokens,
    *,
    window: int | None = None,
    stride: int | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> Accuracy:
    """Score a text with a deployed causal language model and with its digital self, batch by batch.

    `progress` is told how many windows are done, and of how many.

    Raises:
        ConfigError: the model is not deployed.
        DataError: the text is too short.

    """
    chip, plain = _Sums(), _Sums()
    agreed, done, divergence = 0, 0, 0.0
    cut = _cut(model, tokens, window, stride)
    with quiet(model):
        for group, logits in _forward(model, cut, batch):
            with digital(model):
                _, wanted = next(_forward(model, group, batch))
            for one, rows, wanted_rows in zip(group, logits, wanted, strict=True):
                here, there = _scored(one, rows), _scored(one, wanted_rows)
                chip.add(here, _targets(one))
                plain.add(there, _targets(one))
                agreed += int((here.argmax(-1) == there.argmax(-1)).sum())
                divergence += float((there.exp() * (there - here)).sum(dtype=torch.float64))
            done += len(group)
            if progress is not None:
                progress(done, len(cut))
    return Accuracy(
        on_chip=chip.likelihood(),
        digital=plain.likelihood(),
        agreement_fraction=agreed / chip.tokens,
        divergence_nats_per_token=max(0.0, divergence / chip.tokens),
        caveats=deployed_caveats(deployment_of(model)),
    )


def losses(model: nn.Module, cut: list[Window], *, batch: int = BATCH) -> tuple[Tensor, Tensor]:
    """Give the nats lost on each window and its scored tokens, float64 `[windows]` each, in one order for any model."""
    nats, counts = [], []
    with quiet(model):
        for group, logits in _forward(model, cut, batch):
            for one, rows in zip(group, logits, strict=True):
                chances = _scored(one, rows).cpu().gather(1, _targets(one).cpu()[:, None])
                nats.append(-float(chances.sum(dtype=torch.float64)))
                counts.append(len(chances))
    return torch.tensor(nats, dtype=torch.float64), torch.tensor(counts, dtype=torch.float64)


@contextmanager
def quiet(model: nn.Module) -> Iterator[None]:
    """Evaluate without dropout and without gradients, and leave the model in the mode it was in."""
    training = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(training)


class _Sums:
    def __init__(self) -> None:
        self.nats, self.hits, self.tokens = 0.0, 0, 0

    def add(self, scores: Tensor, targets: Tensor) -> None:
        """Add log-probabilities `[tokens, vocabulary]` and what came `[tokens]`."""
        self.nats -= float(scores.gather(1, targets[:, None]).sum(dtype=torch.float64))
        self.hits += int((scores.argmax(-1) == targets).sum())
        self.tokens += targets.numel()

    def likelihood(self) -> Likelihood:
        """Give the means."""
        return Likelihood(
            nats_per_token=self.nats / self.tokens, top1_fraction=self.hits / self.tokens, tokens=self.tokens
        )


def _cut(model: nn.Module, tokens: Tokens, window: int | None, stride: int | None) -> list[Window]:
    return windows(tokens, usual_window(model) if window is None else window, stride)


def _forward(model: nn.Module, cut: list[Window], batch: int) -> Iterator[tuple[list[Window], Tensor]]:
    device = first_present(model.parameters()).device
    for group, tokens, mask in batches(cut, batch):
        padded = {} if bool(mask.all()) else {"attention_mask": mask.to(device)}
        yield group, model(tokens.to(device), use_cache=False, **padded).logits


def _scored(window: Window, logits: Tensor) -> Tensor:
    """Log-probabilities `[tokens, vocabulary]` of the tokens to be predicted."""
    return logits[window.scored_from - 1 : window.tokens.numel() - 1].float().log_softmax(-1)


def _targets(window: Window) -> Tensor:
    return window.tokens[window.scored_from :].long()
