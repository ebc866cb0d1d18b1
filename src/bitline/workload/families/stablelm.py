"""StableLM: Llama with layer norms that shift, partly rotated heads, and biases on queries, keys and values."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, rotated, trunk

MODEL_TYPES = ("stablelm",)


def design(config: Config) -> Design:
    """Grouped-query attention and a gated network, one after the other or side by side."""
    config.refuse("qk_layernorm")
    heads = attention(config, biases=("q", "k", "v") if config.flag("use_qkv_bias", False) else ())
    heads = replace(heads, rotary_dim=rotated(config, heads.head_dim, 0.25))
    parallel = config.flag("use_parallel_residual", False)
    layer = Layer(
        hidden=heads.hidden,
        norm=LAYERNORM,
        sublayers=(heads, gated_feed_forward(config)),
        arrangement="parallel_shared" if parallel else "before",
    )
    around = replace(trunk(config), norm=LAYERNORM)
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
