"""Encoders of images: patches, layers with norms before each sublayer, a norm at the end, and what comes of it."""

from __future__ import annotations

from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.embedding import Patches
from bitline.workload.feed_forward import FeedForward
from bitline.workload.head import FinalNorm
from bitline.workload.layer import Layer
from bitline.workload.model import Design, Section
from bitline.workload.norm import LAYERNORM
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import activation


def image_encoder(config: Config, *, biases: tuple[str, ...], class_token: bool, top: Part | None) -> Design:
    """Put an encoder together from the fields that ViT and SigLIP share, and what follows the last norm."""
    hidden, image = config.count("hidden_size"), config.count("image_size")
    patch = config.chosen("patch_size", image)
    heads = config.dividing("num_attention_heads", hidden, "hidden_size")
    rows = (image // patch) ** 2 + class_token
    attention = Attention(
        hidden=hidden, heads=heads, kv_heads=heads, head_dim=hidden // heads, biases=biases, causal=False
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
        biases=True,
    )
    layer = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network))
    values = config.count("num_channels", 3) * patch * patch
    entry = Patches(patch_values=values, hidden=hidden, positions=rows, class_token=class_token)
    end: tuple[Part, ...] = (FinalNorm(norm=LAYERNORM, hidden=hidden),)
    layers = config.layers("num_hidden_layers")
    return Design(
        kind="encoder",
        layers=layers,
        hidden=hidden,
        vocabulary=0,
        context_limit=rows,
        position_rows=rows,
        sections=(
            Section(name="embedding", parts=(entry,)),
            Section(name="layers", parts=(layer,), repeat=layers),
            Section(name="head", parts=(*end, top) if top else end),
        ),
    )
