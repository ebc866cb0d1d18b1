"""BioGPT: GPT-2-like with a plain gelu network, scaled token rows, two position rows to spare, a tied head."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("biogpt",)
MODULE_ROLES = (("*.output_projection", ("lm_head",)),)


def design(config: Config) -> Design:
    """Multi-head attention and a gelu network, norms before both, biases everywhere but in the head."""
    hidden = config.count("hidden_size")
    heads = config.dividing("num_attention_heads", hidden, "hidden_size")
    layer = Layer(
        hidden=hidden,
        norm=LAYERNORM,
        sublayers=(
            Attention(hidden=hidden, heads=heads, kv_heads=heads, head_dim=hidden // heads, biases=ALL_BIASES),
            FeedForward(
                hidden=hidden,
                inner=config.count("intermediate_size"),
                function=activation(config, "hidden_act", "gelu"),
                biases=True,
            ),
        ),
    )
    positions = config.count("max_position_embeddings", 1024)
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=positions,
        positions=positions,
        spare_positions=2,
        norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", True),
        scaled=config.flag("scale_embedding", True),
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])
