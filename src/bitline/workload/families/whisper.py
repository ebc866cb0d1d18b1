"""Whisper: an encoder of sound frames and a decoder of text that looks at its output.

The prompt of a prefill counts the rows of the encoder, two spectrogram frames each: 1500 rows are 30 seconds. The
published weights always run all of them.
"""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.embedding import Embedding, SoundFrames
from bitline.workload.feed_forward import FeedForward
from bitline.workload.head import FinalNorm, Scores
from bitline.workload.layer import Layer
from bitline.workload.model import Design, Section
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("whisper",)


def design(config: Config) -> Design:
    """Norms before each sublayer, biases on all but the keys, tied head."""
    hidden, vocabulary = config.count("d_model"), config.count("vocab_size")
    early, later = config.layers("encoder_layers"), config.layers("decoder_layers")
    limit = config.count("max_target_positions", 448)
    heads = _attention(config, "decoder_attention_heads")
    sublayers = (heads, replace(heads, cross=True, prefix="cross_"), _network(config, "decoder_ffn_dim"))
    decoder = Layer(hidden=hidden, norm=LAYERNORM, sublayers=sublayers)
    looking = replace(_attention(config, "encoder_attention_heads"), causal=False)
    encoder = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(looking, _network(config, "encoder_ffn_dim")))
    norm = FinalNorm(norm=LAYERNORM, hidden=hidden)
    table = Embedding(vocabulary=vocabulary, width=hidden, hidden=hidden, positions=limit)
    source = config.count("max_source_positions", 1500)
    frames = SoundFrames(bands=config.count("num_mel_bins", 80), hidden=hidden, positions=source)
    return Design(
        kind="encoder-decoder",
        layers=early + later,
        hidden=hidden,
        vocabulary=vocabulary,
        context_limit=limit,
        position_rows=limit,
        source_limit=source,
        sections=(
            Section(name="frames", parts=(frames,), encoder=True),
            Section(name="encoder_layers", parts=(encoder,), repeat=early, encoder=True),
            Section(name="encoder_norm", parts=(norm,), encoder=True),
            Section(name="embedding", parts=(table,)),
            Section(name="decoder_layers", parts=(decoder,), repeat=later),
            Section(name="head", parts=(norm, Scores(hidden=hidden, vocabulary=vocabulary, tied=True))),
        ),
    )


def _attention(config: Config, key: str) -> Attention:
    hidden = config.count("d_model")
    heads = config.dividing(key, hidden, "d_model")
    return Attention(hidden=hidden, heads=heads, kv_heads=heads, head_dim=hidden // heads, biases=("q", "v", "out"))


def _network(config: Config, key: str) -> FeedForward:
    return FeedForward(
        hidden=config.count("d_model"),
        inner=config.count(key),
        function=activation(config, "activation_function", "gelu"),
        biases=True,
    )
