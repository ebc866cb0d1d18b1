"""How a text is cut for a model that sees so many tokens at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias, final

import torch
from torch import Tensor, nn

from bitline.errors import ConfigError, DataError

Tokens: TypeAlias = Tensor | Sequence[Tensor]
"""A running text `[tokens]`, or documents of their own, each `[tokens]`, with whatever start token they want."""

LONGEST_BY_DEFAULT = 2048


@final
@dataclass(frozen=True, slots=True)
class Window:
    """Tokens that a model sees together; those from `scored_from` on are predicted and scored."""

    tokens: Tensor
    scored_from: int = 1


def windows(tokens: Tokens, window: int, stride: int | None = None) -> list[Window]:
    """Cut a text so that every token is scored at most once, and the first of a window never.

    A running text gives whole windows that start `stride` tokens apart (`window` if not given: side by side; less:
    overlapping, each token scored with the most context; more: a sample of the text); what is left over at the end
    is dropped. Documents give one window each, cut at `window` tokens.

    Raises:
        DataError: the text is shorter than one window, or no document has two tokens.

    """
    stride = window if stride is None else stride
    if window < 2 or stride < 1:
        raise ConfigError(f"window = {window}, stride = {stride}. Allowed: a window from 2, a stride from 1 token.")
    if isinstance(tokens, Tensor):
        return _of_text(tokens.reshape(-1), window, stride)
    found = [Window(document.reshape(-1)[:window]) for document in tokens if document.numel() > 1]
    if not found:
        raise DataError("the text has no document of at least 2 tokens, so there is nothing to predict.")
    return found


def usual_window(model: nn.Module) -> int:
    """Give the positions a model has, or 2048 if it has more or does not say."""
    config = getattr(model, "config", None)
    said = (getattr(config, name, None) for name in ("max_position_embeddings", "n_positions", "max_seq_len"))
    return min([*(size for size in said if isinstance(size, int) and size > 1), LONGEST_BY_DEFAULT])


def batches(cut: Sequence[Window], batch: int) -> Iterator[tuple[list[Window], Tensor, Tensor]]:
    """Group windows of like length: the windows, their tokens `[b, t]` padded on the right, and the mask of both."""
    ordered = sorted(cut, key=lambda one: one.tokens.numel())
    for at in range(0, len(ordered), batch):
        group = ordered[at : at + batch]
        tokens = nn.utils.rnn.pad_sequence([one.tokens for one in group], batch_first=True)
        lengths = torch.tensor([one.tokens.numel() for one in group], device=tokens.device)
        mask = torch.arange(tokens.shape[1], device=tokens.device)[None, :] < lengths[:, None]
        yield group, tokens, mask.long()


def _of_text(tokens: Tensor, window: int, stride: int) -> list[Window]:
    if tokens.numel() < window:
        raise DataError(
            f"the text has {tokens.numel()} tokens, less than one window of {window}. "
            f"Give a longer text or a window of at most {tokens.numel()} tokens."
        )
    starts = range(0, tokens.numel() - window + 1, stride)
    overlap = max(1, window - stride)
    return [Window(tokens[at : at + window], 1 if at == 0 else overlap) for at in starts]
