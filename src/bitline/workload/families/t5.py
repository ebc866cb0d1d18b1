"""T5 and Flan-T5: an encoder and a decoder that looks at its output, positions as learned scores.

transformers 5.23 ties the score matrix to the token table whatever the configuration says, and so does this file;
the published v1.1 and Flan weights have a matrix of their own, `vocab_size` x `d_model` more.
"""

from __future__ import annotations

from dataclasses import replace

from bitline.errors import not_one_of
from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.embedding import Embedding, RelativePositions
from bitline.workload.feed_forward import FeedForward
from bitline.workload.head import FinalNorm, Scores
from bitline.workload.layer import Layer
from bitline.workload.model import Design, Section
from bitline.workload.norm import RMSNORM

MODEL_TYPES = ("t5",)


def design(config: Config) -> Design:
    """Norms before each sublayer, no biases, heads of their own width."""
    hidden, vocabulary, layers = config.count("d_model"), config.count("vocab_size"), config.layers("num_layers")
    limit, later = config.count("n_positions", 512), config.layers("num_decoder_layers", layers)
    heads = _attention(config)
    network = _network(config)
    table = Embedding(vocabulary=vocabulary, width=hidden, hidden=hidden)
    distances = RelativePositions(heads=heads.heads, buckets=config.count("relative_attention_num_buckets", 32))
    norm = FinalNorm(norm=RMSNORM, hidden=hidden)
    encoder = Layer(hidden=hidden, norm=RMSNORM, sublayers=(replace(heads, causal=False), network))
    cross = replace(heads, cross=True, prefix="cross_", score_function="")
    decoder = Layer(hidden=hidden, norm=RMSNORM, sublayers=(heads, cross, network))
    scores = Scores(hidden=hidden, vocabulary=vocabulary, tied=True)
    shared = replace(table, shared=True)
    return Design(
        kind="encoder-decoder",
        layers=layers + later,
        hidden=hidden,
        vocabulary=vocabulary,
        context_limit=limit,
        source_limit=limit,
        sections=(
            Section(name="embedding", parts=(table, distances), encoder=True),
            Section(name="encoder_layers", parts=(encoder,), repeat=layers, encoder=True),
            Section(name="encoder_norm", parts=(norm,), encoder=True),
            Section(name="decoder_embedding", parts=(shared, distances)),
            Section(name="decoder_layers", parts=(decoder,), repeat=later),
            Section(name="head", parts=(norm, scores)),
        ),
    )


def _attention(config: Config) -> Attention:
    heads = config.count("num_heads")
    return Attention(
        hidden=config.count("d_model"), heads=heads, kv_heads=heads, head_dim=config.count("d_kv"), score_function="add"
    )


def _network(config: Config) -> FeedForward:
    kinds = ("relu", "gated-gelu", "gated-silu", "gelu")
    kind = config.text("feed_forward_proj", "relu")
    if kind not in kinds:
        raise not_one_of("feed_forward_proj", kind, kinds, config.where)
    return FeedForward(
        hidden=config.count("d_model"),
        inner=config.count("d_ff"),
        function=kind.removeprefix("gated-"),
        gated=kind.startswith("gated-"),
    )
