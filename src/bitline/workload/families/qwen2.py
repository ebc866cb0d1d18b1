"""Qwen 1.5, 2 and 2.5: Llama with biases on queries, keys and values."""

from __future__ import annotations

from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import attention, gated_feed_forward, late_window, trunk, windowed

MODEL_TYPES = ("qwen2",)


def design(config: Config) -> Design:
    """Grouped-query attention and a gated network; the last layers may have a window."""
    kinds, window = late_window(config)
    layer = Layer(
        hidden=config.count("hidden_size"),
        norm=RMSNORM,
        sublayers=(attention(config, biases=("q", "k", "v")), gated_feed_forward(config)),
    )
    return decoder(trunk(config), by_kind(kinds, windowed(layer, window)))
