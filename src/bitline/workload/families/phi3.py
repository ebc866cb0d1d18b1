"""Phi 3, 3.5 and 4: Llama with fused matrices (split here) and partly rotated heads."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, rotated, trunk

MODEL_TYPES = ("phi3",)


def design(config: Config) -> Design:
    """Windowed grouped-query attention and a gated network."""
    heads = attention(config)
    heads = replace(heads, window=config.maybe_count("sliding_window"), rotary_dim=rotated(config, heads.head_dim, 1.0))
    layer = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, gated_feed_forward(config)))
    return decoder(trunk(config), [("layers", config.layers("num_hidden_layers"), layer)])
