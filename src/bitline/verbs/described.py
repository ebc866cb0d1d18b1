"""A model as operators, from whatever names it; and what is asked of it if nothing is said. Needs no torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bitline.embedded import model_path
from bitline.errors import missing
from bitline.verbs.request import Request
from bitline.workload import Model, load_model, windowed

EMBEDDED = "embedded"
"""The name of the model that ships with the package."""
USUAL_PROMPT = 128
USUAL_GENERATE = 128


def described(model: Model | str | Path) -> Model:
    """Give a model from the name of a preset, `embedded`, or the path of a configuration or of a folder with one.

    Raises ConfigError for an unknown name or a wrong field, DataError for a file that cannot be read.
    """
    if isinstance(model, Model):
        return model
    return replace(load_model(model_path()), name=EMBEDDED) if str(model) == EMBEDDED else load_model(model)


def looking_back(model: Model | str | Path, window: int | None, sinks: int = 0) -> Model:
    """Give a model whose attention sees the last `window` tokens and the first `sinks`; all tokens if not given.

    Raises what `described` and `windowed` do, and ConfigError for sinks without a window.
    """
    known = described(model)
    if window is not None:
        return windowed(known, window, sinks)
    if sinks:
        raise missing("window", "how many of the last tokens attention sees, as sinks come beside them")
    return known


def usual_request(model: Model) -> Request:
    """Give what is asked if nothing is said: 128 tokens in and out, or as many as the model has positions for."""
    if not model.is_decoder:
        return Request(prompt=min(USUAL_PROMPT, model.context_limit or USUAL_PROMPT), generate=0)
    room = model.context_limit or USUAL_PROMPT + USUAL_GENERATE
    prompt = min(USUAL_PROMPT, max(1, room // 2))
    return Request(prompt=prompt, generate=min(USUAL_GENERATE, max(1, room - prompt)))


def beyond(model: Model, request: Request) -> tuple[str, ...]:
    """Say that more tokens are asked of a decoder than it was made for."""
    limit, longest = model.context_limit, request.prompt + request.steps
    if limit is None or longest <= limit or model.design.kind != "decoder":
        return ()
    return (f"{model.name} was made for {limit:,} tokens; {longest:,} are asked of it.",)
