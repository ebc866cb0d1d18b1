"""The configuration of a deployed model: its own copy, in which attention and experts are ours.

Models may share one configuration object; changing it in place would put all of them on the chip.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Sequence
from typing import Any

from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from bitline.errors import ConfigError
from bitline.numerics.modules import attention, experts
from bitline.verbs.deployment import Change
from bitline.verbs.survey import Site


def configured(model: nn.Module, sites: Sequence[Site], spared: Collection[nn.Module] = ()) -> list[Change]:
    """Give the changes that make a model ask for our attention and experts at these sites.

    Modules that are spared keep the configuration they have, and so their own attention and experts.

    Raises:
        ConfigError: transformers would not use our attention there.

    """
    kinds: set[str] = {site.kind for site in sites}
    if not kinds & {"attention", "experts"}:
        return []
    copies: dict[int, Any] = {}
    untouched = {id(module) for module in spared}
    changes = [
        Change(module, name, value, copy.deepcopy(value, copies))
        for module in model.modules()
        if id(module) not in untouched
        for name, value in vars(module).items()
        if isinstance(value, PreTrainedConfig)
    ]
    for module in model.modules():
        if isinstance(module, PreTrainedModel):
            _set(copies[id(module.config)], module, kinds)
    _check(sites, copies)
    return changes


def _set(config: Any, module: PreTrainedModel, kinds: set[str]) -> None:
    # The public setters also change every nested configuration, whose models may differ in what they support.
    if "attention" in kinds and module._can_set_attn_implementation():
        config._attn_implementation_internal = attention.NAME
    if "experts" in kinds and module._can_set_experts_implementation():
        config._experts_implementation_internal = experts.NAME


def _check(sites: Sequence[Site], copies: dict[int, Any]) -> None:
    for site in sites:
        config = copies.get(id(getattr(site.module, "config", None)))
        used = getattr(config, "_attn_implementation", None)
        if site.kind == "attention" and used != attention.NAME:
            raise ConfigError(
                f"{site.name}: {type(site.module).__name__} would compute its attention as {used!r}, not on the chip. "
                f"Place scores and context on an engine that computes in floating point."
            )
        if site.kind == "experts" and getattr(config, "_experts_implementation", None) != experts.NAME:
            raise ConfigError(f"{site.name}: {type(site.module).__name__} does not ask transformers' experts registry.")
