"""BLOOM: position by a bias on the scores (ALiBi), a norm on the token rows, biases everywhere."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM

MODEL_TYPES = ("bloom",)


def design(config: Config) -> Design:
    """Multi-head attention with ALiBi and a plain gelu network."""
    config = config.renamed({"n_embed": "hidden_size", "num_hidden_layers": "n_layer", "num_attention_heads": "n_head"})
    hidden = config.count("hidden_size")
    heads = config.dividing("n_head", hidden, "hidden_size")
    attention = Attention(
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        biases=ALL_BIASES,
        score_function="add",
    )
    network = FeedForward(hidden=hidden, inner=4 * hidden, function="gelu", biases=True)
    layer = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network))
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=config.maybe_count("seq_length"),
        norm=LAYERNORM,
        embedding_norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", True),
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("n_layer"), layer)])
