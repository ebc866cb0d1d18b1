"""GPT-2, and GPT-3 sizes written with its fields. The fused query-key-value matrix is split here."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("gpt2",)


def design(config: Config) -> Design:
    """Learned positions, multi-head attention, plain gelu network, biases everywhere, tied head."""
    hidden = config.count("n_embd")
    heads = config.dividing("n_head", hidden, "n_embd")
    layer = Layer(
        hidden=hidden,
        norm=LAYERNORM,
        sublayers=(
            Attention(hidden=hidden, heads=heads, kv_heads=heads, head_dim=hidden // heads, biases=ALL_BIASES),
            FeedForward(
                hidden=hidden,
                inner=config.count("n_inner", 4 * hidden),
                function=activation(config, "activation_function", "gelu"),
                biases=True,
            ),
        ),
    )
    positions = config.count("n_positions", 1024)
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=positions,
        positions=positions,
        norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", True),
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("n_layer"), layer)])
