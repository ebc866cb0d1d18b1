"""OLMo 2: norms on the outputs of the sublayers, and over all query and key values."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, trunk

MODEL_TYPES = ("olmo2",)


def design(config: Config) -> Design:
    """Grouped-query attention and a gated network, normalised on the way out."""
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, biases=biases), qk_norm=RMSNORM, norm_over_heads=True)
    layer = Layer(
        hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, gated_feed_forward(config)), arrangement="on_output"
    )
    return decoder(trunk(config), [("layers", config.layers("num_hidden_layers"), layer)])
