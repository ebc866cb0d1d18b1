"""gpt-oss: experts with biases in every layer, windows in every other, and a learned sink per head."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.experts import Experts
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import activation, attention, layer_kinds, trunk, windowed

MODEL_TYPES = ("gpt_oss",)


def design(config: Config) -> Design:
    """Grouped-query attention with sinks and routed experts."""
    layers = config.layers("num_hidden_layers")
    kinds = layer_kinds(config, layers, [("sliding_attention", "full_attention")[i % 2] for i in range(layers)])
    biases = ALL_BIASES if config.flag("attention_bias", True) else ()
    heads = replace(attention(config, head_dim=64, biases=biases), sinks=True)
    experts = Experts(
        hidden=heads.hidden,
        inner=config.count("intermediate_size"),
        experts=config.count("num_local_experts"),
        chosen=config.chosen("num_experts_per_tok", config.count("num_local_experts"), 4),
        function=activation(config, "hidden_act", "silu"),
        biases=True,
    )
    layer = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, experts))
    return decoder(trunk(config), by_kind(kinds, windowed(layer, config.count_unless_null("sliding_window", 128))))
