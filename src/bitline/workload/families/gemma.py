"""Gemma: Llama with wide heads, gelu, scaled token rows and a tied head."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, trunk

MODEL_TYPES = ("gemma",)


def design(config: Config) -> Design:
    """Attention with heads of 256 values and a gated gelu network."""
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    layer = Layer(
        hidden=config.count("hidden_size"),
        norm=RMSNORM,
        sublayers=(attention(config, head_dim=256, biases=biases), gated_feed_forward(config, function="gelu")),
    )
    around = replace(trunk(config, tied=True), scaled=True)
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
