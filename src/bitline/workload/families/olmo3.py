"""OLMo 3: OLMo 2 with a window in three of four layers."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, layer_kinds, trunk, windowed

MODEL_TYPES = ("olmo3",)


def design(config: Config) -> Design:
    """Three windowed layers for each full one."""
    layers = config.layers("num_hidden_layers")
    kinds = layer_kinds(
        config, layers, ["sliding_attention" if (i + 1) % 4 else "full_attention" for i in range(layers)]
    )
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, biases=biases), qk_norm=RMSNORM, norm_over_heads=True)
    layer = Layer(
        hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, gated_feed_forward(config)), arrangement="on_output"
    )
    return decoder(trunk(config), by_kind(kinds, windowed(layer, config.count_unless_null("sliding_window", 4096))))
