"""StarCoder2: grouped-query attention with a window, a plain network, biases everywhere, tied head."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation, attention, trunk

MODEL_TYPES = ("starcoder2",)


def design(config: Config) -> Design:
    """Windowed attention and a gelu network."""
    biases = config.flag("use_bias", True)
    heads = attention(config, biases=ALL_BIASES if biases else ())
    heads = replace(heads, window=config.maybe_count("sliding_window"))
    network = FeedForward(
        hidden=heads.hidden,
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
        biases=biases,
    )
    layer = Layer(hidden=heads.hidden, norm=LAYERNORM, sublayers=(heads, network))
    around = replace(trunk(config, tied=True), norm=LAYERNORM)
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
