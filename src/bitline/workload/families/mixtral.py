"""Mixtral: Mistral with eight experts in place of the feed-forward network."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.experts import Experts
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import activation, attention, trunk

MODEL_TYPES = ("mixtral",)


def design(config: Config) -> Design:
    """Grouped-query attention and routed experts in every layer."""
    experts = Experts(
        hidden=config.count("hidden_size"),
        inner=config.count("intermediate_size"),
        experts=config.count("num_local_experts", 8),
        chosen=config.chosen("num_experts_per_tok", config.count("num_local_experts", 8), 2),
        function=activation(config, "hidden_act", "silu"),
    )
    layer = Layer(
        hidden=config.count("hidden_size"),
        norm=RMSNORM,
        sublayers=(replace(attention(config), window=config.maybe_count("sliding_window")), experts),
    )
    return decoder(trunk(config), [("layers", config.layers("num_hidden_layers"), layer)])
