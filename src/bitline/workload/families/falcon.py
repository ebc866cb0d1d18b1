"""Falcon: multi-query (7B) or grouped attention beside a plain network, without biases, tied head."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Arrangement, Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("falcon",)


def design(config: Config) -> Design:
    """Both generations of the architecture, parallel or not, rotary or ALiBi."""
    hidden, biases = config.count("hidden_size"), config.flag("bias", False)
    heads, alibi = config.dividing("num_attention_heads", hidden, "hidden_size"), config.flag("alibi", False)
    attention = Attention(
        hidden=hidden,
        heads=heads,
        kv_heads=_kv_heads(config, heads),
        head_dim=hidden // heads,
        biases=ALL_BIASES if biases else (),
        rotary_dim=0 if alibi else hidden // heads,
        score_function="add" if alibi else "",
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("ffn_hidden_size", 4 * hidden),
        function=activation(config, "activation", "gelu"),
        biases=biases,
    )
    layer = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network), arrangement=_arrangement(config))
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=config.maybe_count("max_position_embeddings"),
        norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", True),
        scores=config.has_scores(),
    )
    return decoder(around, [("layers", config.layers("num_hidden_layers"), layer)])


def _kv_heads(config: Config, heads: int) -> int:
    if config.flag("new_decoder_architecture", False):
        return config.dividing("num_kv_heads", heads, "num_attention_heads", heads)
    return 1 if config.flag("multi_query", True) else heads


def _arrangement(config: Config) -> Arrangement:
    if not config.flag("parallel_attn", True):
        return "before"
    norms = config.count("num_ln_in_parallel_attn", 2 if config.flag("new_decoder_architecture", False) else 1)
    return "parallel" if norms == 2 else "parallel_shared"
