"""Llama 1, 2, 3 and the models built like them (CodeLlama, TinyLlama, SmolLM2)."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, trunk

MODEL_TYPES = ("llama",)


def design(config: Config) -> Design:
    """Rotary grouped-query attention and a gated network, norms before both."""
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    layer = Layer(
        hidden=config.count("hidden_size"),
        norm=RMSNORM,
        sublayers=(
            attention(config, biases=biases),
            replace(gated_feed_forward(config), biases=config.flag("mlp_bias", False)),
        ),
    )
    return decoder(trunk(config), [("layers", config.layers("num_hidden_layers"), layer)])
