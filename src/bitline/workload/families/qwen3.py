"""Qwen 3: norms on the queries and keys of each head, no biases."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, late_window, trunk, windowed

MODEL_TYPES = ("qwen3",)


def design(config: Config) -> Design:
    """Grouped-query attention with head norms and a gated network; the last layers may have a window."""
    kinds, window = late_window(config)
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, head_dim=128, biases=biases), qk_norm=RMSNORM)
    layer = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, gated_feed_forward(config)))
    return decoder(trunk(config), by_kind(kinds, windowed(layer, window)))
