"""Phi 1.5 and 2: attention and a plain network side by side after one norm, biases everywhere."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation, attention, rotated, trunk

MODEL_TYPES = ("phi", "phi-msft")

_MICROSOFT_SPELLING = {
    "n_embd": "hidden_size",
    "n_head": "num_attention_heads",
    "n_head_kv": "num_key_value_heads",
    "n_inner": "intermediate_size",
    "n_layer": "num_hidden_layers",
    "n_positions": "max_position_embeddings",
    "activation_function": "hidden_act",
}


def design(config: Config) -> Design:
    """Parallel attention and gelu network."""
    rotary = config.maybe_count("rotary_dim")
    config = config.renamed(_MICROSOFT_SPELLING)
    config.refuse("qk_layernorm")
    heads = attention(config, biases=ALL_BIASES)
    heads = replace(heads, rotary_dim=rotary or rotated(config, heads.head_dim, 0.5))
    network = FeedForward(
        hidden=heads.hidden,
        inner=config.count("intermediate_size", 4 * heads.hidden),
        function=activation(config, "hidden_act", "gelu"),
        biases=True,
    )
    layer = Layer(hidden=heads.hidden, norm=LAYERNORM, sublayers=(heads, network), arrangement="parallel_shared")
    around = replace(trunk(config), norm=LAYERNORM, score_bias=True)
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
