"""Gemma 2: every other layer has a window, norms stand around each sublayer, scores are soft-capped."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, layer_kinds, trunk, windowed

MODEL_TYPES = ("gemma2",)


def design(config: Config) -> Design:
    """Soft-capped attention and a gated gelu network between four norms."""
    layers = config.layers("num_hidden_layers")
    kinds = layer_kinds(config, layers, [("sliding_attention", "full_attention")[i % 2] for i in range(layers)])
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, head_dim=256, biases=biases), score_function="tanh")
    layer = Layer(
        hidden=heads.hidden,
        norm=RMSNORM,
        sublayers=(heads, gated_feed_forward(config, function="gelu")),
        arrangement="around",
    )
    around = replace(trunk(config, tied=True), scaled=True, soft_cap=True)
    return decoder(around, by_kind(kinds, windowed(layer, config.count_unless_null("sliding_window", 4096))))
