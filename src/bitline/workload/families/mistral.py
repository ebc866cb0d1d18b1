"""Mistral: Llama with a sliding window in every layer, 4096 keys unless the configuration says null."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, trunk

MODEL_TYPES = ("mistral",)


def design(config: Config) -> Design:
    """Windowed grouped-query attention and a gated network."""
    window = config.count_unless_null("sliding_window", 4096)
    layer = Layer(
        hidden=config.count("hidden_size"),
        norm=RMSNORM,
        sublayers=(replace(attention(config), window=window), gated_feed_forward(config)),
    )
    return decoder(trunk(config), [("layers", config.layers("num_hidden_layers"), layer)])
