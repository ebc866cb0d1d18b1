"""GPT-J: attention without biases and a network with them, side by side after one norm."""

from __future__ import annotations

from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("gptj",)


def design(config: Config) -> Design:
    """Parallel attention and gelu network, a head with a bias."""
    hidden = config.count("n_embd")
    heads = config.dividing("n_head", hidden, "n_embd")
    attention = Attention(
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        rotary_dim=config.chosen("rotary_dim", hidden // heads, min(64, hidden // heads)),
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("n_inner", 4 * hidden),
        function=activation(config, "activation_function", "gelu"),
        biases=True,
    )
    layer = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network), arrangement="parallel_shared")
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=config.maybe_count("n_positions"),
        norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", False),
        score_bias=True,
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("n_layer"), layer)])
