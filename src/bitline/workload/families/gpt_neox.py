"""GPT-NeoX and Pythia: attention and network side by side with a norm each, partly rotated heads."""

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

MODEL_TYPES = ("gpt_neox",)


def design(config: Config) -> Design:
    """Parallel residual branches unless the configuration says otherwise."""
    biases = ALL_BIASES if config.flag("attention_bias", True) else ()
    heads = attention(config, biases=biases)
    share = config.share("rotary_pct", 0.25)
    heads = replace(heads, rotary_dim=rotated(config, heads.head_dim, share))
    network = FeedForward(
        hidden=heads.hidden,
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
        biases=True,
    )
    parallel = config.flag("use_parallel_residual", True)
    layer = Layer(
        hidden=heads.hidden,
        norm=LAYERNORM,
        sublayers=(heads, network),
        arrangement="parallel" if parallel else "before",
    )
    around = replace(trunk(config), norm=LAYERNORM)
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
