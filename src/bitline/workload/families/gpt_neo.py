"""GPT-Neo (and TinyStories): GPT-2 without attention biases, every other layer with a window."""

from __future__ import annotations

from bitline.errors import wrong_type
from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk, by_kind, decoder
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("gpt_neo",)


def design(config: Config) -> Design:
    """Learned positions and layers that alternate between full and windowed attention.

    transformers 5.23 applies the window as a mask only, so its cache keeps every token, and so does this one.
    """
    hidden, layers = config.count("hidden_size"), config.layers("num_layers")
    made = {kind: _layer(config, hidden, kind) for kind in ("full_attention", "sliding_attention")}
    positions = config.count("max_position_embeddings", 2048)
    around = Trunk(
        hidden=hidden,
        vocabulary=config.count("vocab_size"),
        context_limit=positions,
        positions=positions,
        norm=LAYERNORM,
        tied=config.flag("tie_word_embeddings", True),
        scores=config.has_scores(),
    )
    return decoder(around, by_kind(_kinds(config, layers), made))


def _kinds(config: Config, layers: int) -> list[str]:
    """Spell out `attention_types`, pairs of kinds and how often they repeat."""
    kinds = [kind for names, repeat in config.repeated_names("attention_types") for kind in names * repeat]
    kinds = kinds or [("global", "local")[index % 2] for index in range(layers)]
    if len(kinds) != layers or not set(kinds) <= {"global", "local"}:
        raise wrong_type("attention_types", kinds, f"global or local for each of {layers} layers", config.where)
    return ["sliding_attention" if kind == "local" else "full_attention" for kind in kinds]


def _layer(config: Config, hidden: int, kind: str) -> Layer:
    heads = config.dividing("num_heads", hidden, "hidden_size")
    attention = Attention(
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        biases=("out",),
        window=config.count("window_size", 256) if kind == "sliding_attention" else None,
        keeps_all=True,
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("intermediate_size", 4 * hidden),
        function=activation(config, "activation_function", "gelu"),
        biases=True,
    )
    return Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network))
