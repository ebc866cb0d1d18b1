"""What the decoders with rotary positions have in common: how Llama-style fields become parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from bitline.errors import not_one_of, wrong_type
from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.decoder import Trunk
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.norm import RMSNORM

ACTIVATIONS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("gelu", "gelu_new", "gelu_fast", "gelu_python", "gelu_pytorch_tanh", "quick_gelu"), "gelu"),
        **dict.fromkeys(("silu", "swish"), "silu"),
        **{name: name for name in ("relu", "relu2", "tanh", "sigmoid", "mish")},
    }
)


def trunk(config: Config, *, tied: bool = False) -> Trunk:
    """Read width, vocabulary and limits; `tied` is the family's default."""
    return Trunk(
        hidden=config.count("hidden_size"),
        vocabulary=config.count("vocab_size"),
        context_limit=config.maybe_count("max_position_embeddings"),
        norm=RMSNORM,
        tied=config.flag("tie_word_embeddings", tied),
        scores=config.has_scores(),
    )


def attention(config: Config, *, head_dim: int | None = None, biases: tuple[str, ...] = ()) -> Attention:
    """Read heads and their width; `head_dim` is the family's default, else the hidden size is shared out."""
    hidden, heads = config.count("hidden_size"), config.count("num_attention_heads")
    kv_heads = config.dividing("num_key_value_heads", heads, "num_attention_heads", heads)
    width = config.maybe_count("head_dim") or head_dim
    if width is None:
        config.dividing("num_attention_heads", hidden, "hidden_size")
        width = hidden // heads
    return Attention(hidden=hidden, heads=heads, kv_heads=kv_heads, head_dim=width, biases=biases, rotary_dim=width)


def rotated(config: Config, width: int, default: float) -> int:
    """Give the values per head that are rotated, by `partial_rotary_factor` wherever a version writes it."""
    key = "partial_rotary_factor"
    for place in ("rope_parameters", "rope_scaling"):
        if config.has(place) and config.section(place).has(key):
            return int(width * config.section(place).share(key, default))
    return int(width * config.share(key, default))


def gated_feed_forward(config: Config, *, inner: int | None = None, function: str = "silu") -> FeedForward:
    """Read the width and the function of a gated feed-forward network."""
    return FeedForward(
        hidden=config.count("hidden_size"),
        inner=inner or config.count("intermediate_size"),
        function=activation(config, "hidden_act", function),
        gated=True,
    )


def activation(config: Config, key: str, default: str) -> str:
    """Give the activation function in one spelling: variants of gelu are `gelu`, swish is `silu`."""
    name = config.text(key, default)
    if name not in ACTIVATIONS:
        raise not_one_of(key, name, ACTIVATIONS, config.where)
    return ACTIVATIONS[name]


def layer_kinds(config: Config, layers: int, default: Sequence[str]) -> tuple[str, ...]:
    """Give one kind per layer, `sliding_attention`, `full_attention` or what the family has."""
    kinds = config.names("layer_types")
    if kinds is None:
        return tuple(default)
    if len(kinds) != layers:
        raise wrong_type("layer_types", f"{len(kinds)} entries", f"one entry per layer ({layers})", config.where)
    for kind in kinds:
        if kind not in ("sliding_attention", "full_attention", "linear_attention"):
            raise wrong_type("layer_types", kind, "sliding_attention, full_attention or linear_attention", config.where)
    return kinds


def late_window(config: Config) -> tuple[tuple[str, ...], int | None]:
    """Read Qwen's window: off unless asked for, and only from layer `max_window_layers` on."""
    layers = config.layers("num_hidden_layers")
    window = config.count_unless_null("sliding_window", 4096) if config.flag("use_sliding_window", False) else None
    first = config.number("max_window_layers", 28)
    late = [
        "sliding_attention" if window is not None and index >= first else "full_attention" for index in range(layers)
    ]
    return layer_kinds(config, layers, late), window


def windowed(layer: Layer, window: int | None) -> dict[str, Layer]:
    """Give the two kinds of a layer whose first sublayer is attention: with and without a window."""
    first, *rest = layer.sublayers
    if not isinstance(first, Attention):
        raise TypeError("the first sublayer must be attention")
    sliding = replace(layer, sublayers=(replace(first, window=window), *rest))
    return {"sliding_attention": sliding, "full_attention": layer}
