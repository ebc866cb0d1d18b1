"""A model that forgets: attention to the last tokens and the first few, whatever it was made for.

Streaming attention keeps the first tokens ("sinks") beside a window of recent ones (Xiao et al., arXiv 2309.17453,
recalled); the Lambda-shaped mask of AccLLM is the same (abstract, stated). Both bound what is read and what is kept.
Positions of kept keys, which are counted anew as the window moves, cost nothing here.
"""

from __future__ import annotations

from dataclasses import replace

from bitline.errors import ConfigError, outside, wrong_type
from bitline.workload.model import Model
from bitline.workload.steps import MOST_TOKENS


def windowed(model: Model, window: int, sinks: int = 0) -> Model:
    """Give the model with causal attention to the last `window` tokens, its own included, and the first `sinks`.

    Layers that look back on less stay as they are, as do those that keep a state. The model is another one to whoever
    counts time, energy and room; what this does to its answers is not told. Raises ConfigError for an encoder and for
    a model that chooses the tokens it looks back on.
    """
    if not isinstance(model, Model):
        raise wrong_type("model", model, "a model, as load_model gives it")
    _whole("window", window, 1)
    _whole("sinks", sinks, 0)
    if not model.is_decoder:
        raise ConfigError(f"{model.name}: an encoder sees its whole input. Leave the window out.")
    sections = tuple(
        replace(section, parts=tuple(part.looking_back(window, sinks) for part in section.parts))
        for section in model.design.sections
    )
    if sections == model.design.sections:
        return model
    kept = f"last {window:,}" + (f" and first {sinks:,}" if sinks else "")
    return replace(model, name=f"{model.name} ({kept} tokens)", design=replace(model.design, sections=sections))


def _whole(field: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise wrong_type(field, value, "a whole number")
    if not least <= value <= MOST_TOKENS:
        raise outside(field, value, least, MOST_TOKENS, "tokens")
