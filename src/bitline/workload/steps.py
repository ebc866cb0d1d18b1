"""Prefill and decode: a model and sizes in, the operators of one step out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bitline.errors import ConfigError, outside, wrong_type
from bitline.operators import Size, Workload
from bitline.workload.model import Model
from bitline.workload.step import Step

MOST_REQUESTS = 2**16
MOST_TOKENS = 2**24
"""Within these, 64-bit counts over the context axis cannot overflow for any model of today's size."""


def prefill(model: Model, batch: int, prompt: int, *, every_position: bool = False) -> Workload:
    """Give the operators that take in a prompt.

    `prompt` counts the tokens of each of `batch` requests; for an image model the patches and the class token,
    for Whisper the rows of the encoder (two spectrogram frames each). `every_position` scores the vocabulary for
    every token (perplexity) and not only for the last one.
    An encoder-decoder model runs its encoder over the prompt and its decoder over one start token.
    Products are counted in full, with `masked_fraction` for what a causal or window mask throws away.
    """
    _positive("batch", batch, MOST_REQUESTS)
    _positive("prompt", prompt)
    paired = model.design.kind == "encoder-decoder"
    limit = model.design.source_limit if paired else model.design.position_rows
    if limit is not None and prompt > limit:
        raise outside("prompt", prompt, 1, limit, "tokens", model.name)
    over_source = Step(batch=batch, tokens=prompt, context=prompt, every_position=every_position)
    start = over_source
    if paired:
        start = Step(batch=batch, tokens=1, context=1, source=prompt, every_position=every_position)
    blocks = tuple(section.block(over_source if section.encoder else start) for section in model.design.sections)
    return Workload(name=f"{model.name} prefill", blocks=blocks, tokens=prompt, batch=batch, context=prompt)


def chunk(model: Model, tokens: int, past: int | NDArray[np.int64], batch: int = 1) -> Workload:
    """Give the operators that take in `tokens` more of each of `batch` prompts, `past` tokens of it being cached.

    An array of shape `[pasts]` makes every size that depends on it an array of that shape. Only the last token is
    scored. With no past this is the prefill. Only for decoders: an encoder sees its prompt at once.
    """
    _positive("tokens", tokens)
    _positive("batch", batch, MOST_REQUESTS)
    if model.design.kind != "decoder":
        raise ConfigError(f"{model.name}: only a decoder takes a prompt in chunks. Use prefill.")
    contexts = _contexts(np.asarray(past) + tokens if isinstance(past, np.ndarray) else past + tokens)
    longest, limit = int(np.max(contexts)), model.design.position_rows
    if limit is not None and longest > limit:
        raise outside("context", longest, 1, limit, "tokens", model.name)
    if int(np.min(contexts)) < tokens:
        raise outside("past", int(np.min(contexts)) - tokens, 0, MOST_TOKENS, "tokens")
    step = Step(batch=batch, tokens=tokens, context=contexts)
    blocks = tuple(section.block(step) for section in model.design.sections)
    return Workload(name=f"{model.name} prefill", blocks=blocks, tokens=tokens, batch=batch, context=contexts)


def decode(
    model: Model,
    batch: int,
    context: int | NDArray[np.int64],
    *,
    source: int | None = None,
    scored: int | None = None,
) -> Workload:
    """Give the operators that make one token for each request.

    `context` counts the tokens a request can look back on, the new one included; an array of shape `[contexts]`
    makes every size that depends on it an array of that shape. `source` counts the rows of encoder output that
    cross-attention reads; the most the encoder takes if not given. `scored` says of how many requests the next
    token is scored, if not of all. An encoder has no decode step.
    """
    _positive("batch", batch, MOST_REQUESTS)
    if not model.is_decoder:
        raise ConfigError(f"{model.name}: an encoder has no decode step. Use prefill.")
    sizes = _contexts(context)
    longest, limit = int(np.max(sizes)), model.design.position_rows
    if limit is not None and longest > limit:
        raise outside("context", longest, 1, limit, "tokens", model.name)
    rows = source_rows(model, source)
    step = Step(batch=batch, tokens=1, context=sizes, source=rows, first=False, scored=scored)
    blocks = tuple(section.block(step) for section in model.design.sections if not section.encoder)
    return Workload(name=f"{model.name} decode", blocks=blocks, tokens=1, batch=batch, context=sizes)


def kv_cache_bytes(
    model: Model,
    batch: int,
    tokens: int | NDArray[np.int64],
    bytes_per_value: float = 2,
    *,
    source: int | None = None,
    expanded: bool = False,
) -> Size:
    """Count the bytes kept between steps once each request has seen `tokens` tokens.

    A layer with a window of w keeps w - 1 tokens, as the next query adds its own. Latent attention keeps its
    latent rows, as transformers 5 and the published servers do; `expanded` gives the size of full keys and
    values of all heads. Linear attention keeps its state whatever the number of tokens.
    """
    _positive("batch", batch, MOST_REQUESTS)
    if not model.is_decoder:
        return 0
    step = Step(batch=batch, tokens=1, context=_contexts(tokens), source=source_rows(model, source))
    total: Size = 0
    for section in model.design.sections:
        if not section.encoder:
            for part in section.parts:
                total = total + section.repeat * part.cached(step, expanded=expanded)
    return total * (batch * bytes_per_value)


def source_rows(model: Model, source: int | None) -> int:
    """Give the rows of encoder output, checked; 0 for a model without an encoder."""
    limit = model.design.source_limit
    if limit is None:
        if source is not None:
            raise wrong_type("source", source, "for this model: it has no encoder", model.name)
        return 0
    if source is None:
        return limit
    _positive("source", source)
    if source > limit:
        raise outside("source", source, 1, limit, "rows", model.name)
    return source


def _contexts(context: object) -> int | NDArray[np.int64]:
    if isinstance(context, int | np.integer) and not isinstance(context, bool):
        _positive("context", int(context))
        return int(context)
    sizes = np.asarray(context)
    if sizes.ndim != 1 or sizes.size == 0 or sizes.dtype.kind not in "iu":
        raise wrong_type("context", context, "a whole number or a one-dimensional array of them")
    if sizes.min() < 1:
        raise outside("context", int(sizes.min()), 1, MOST_TOKENS, "tokens")
    if sizes.max() > MOST_TOKENS:
        raise outside("context", int(sizes.max()), 1, MOST_TOKENS, "tokens")
    return sizes.astype(np.int64, copy=False)


def _positive(field: str, value: object, most: int = MOST_TOKENS) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise wrong_type(field, value, "a whole number")
    if not 1 <= value <= most:
        raise outside(field, int(value), 1, most, "")
