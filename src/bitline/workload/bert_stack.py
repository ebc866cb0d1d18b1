"""The token table and the layer that BERT and its relatives share."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.embedding import Embedding
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation


def bert_layer(config: Config) -> Layer:
    """Multi-head attention over all tokens and a plain network, a norm after each sum."""
    hidden = config.count("hidden_size")
    heads = config.dividing("num_attention_heads", hidden, "hidden_size")
    attention = Attention(
        hidden=hidden, heads=heads, kv_heads=heads, head_dim=hidden // heads, biases=ALL_BIASES, causal=False
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
        biases=True,
    )
    return Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network), arrangement="after_sum")


def bert_table(config: Config, positions: int) -> Embedding:
    """Tokens, learned positions and token kinds, summed and normalised."""
    hidden = config.count("hidden_size")
    return Embedding(
        vocabulary=config.count("vocab_size"),
        width=hidden,
        hidden=hidden,
        positions=positions,
        kinds=config.count("type_vocab_size", 2),
        norm=LAYERNORM,
    )
