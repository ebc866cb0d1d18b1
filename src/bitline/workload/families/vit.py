"""ViT, and DeiT sizes without the distillation token: patches and a class token through BERT-like layers."""

from __future__ import annotations

from bitline.errors import not_one_of
from bitline.workload.attention import ALL_BIASES, Attention
from bitline.workload.config import Config
from bitline.workload.embedding import Patches
from bitline.workload.feed_forward import FeedForward
from bitline.workload.head import Classifier, FinalNorm, Pooler
from bitline.workload.layer import Layer
from bitline.workload.model import Design, Section
from bitline.workload.norm import LAYERNORM
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import activation

MODEL_TYPES = ("vit",)


def design(config: Config) -> Design:
    """Norms before each sublayer, learned positions, classes from the first row."""
    hidden, image = config.count("hidden_size"), config.count("image_size")
    patch = config.chosen("patch_size", image)
    heads = config.dividing("num_attention_heads", hidden, "hidden_size")
    tokens = (image // patch) ** 2 + 1
    attention = Attention(
        hidden=hidden,
        heads=heads,
        kv_heads=heads,
        head_dim=hidden // heads,
        biases=ALL_BIASES if config.flag("qkv_bias", True) else ("out",),
        causal=False,
    )
    network = FeedForward(
        hidden=hidden,
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
        biases=True,
    )
    layer = Layer(hidden=hidden, norm=LAYERNORM, sublayers=(attention, network))
    values = config.count("num_channels", 3) * patch * patch
    entry = Patches(patch_values=values, hidden=hidden, positions=tokens, class_token=True)
    layers = config.layers("num_hidden_layers")
    return Design(
        kind="encoder",
        layers=layers,
        hidden=hidden,
        vocabulary=0,
        context_limit=tokens,
        position_rows=tokens,
        sections=(
            Section(name="embedding", parts=(entry,)),
            Section(name="layers", parts=(layer,), repeat=layers),
            Section(name="head", parts=(FinalNorm(norm=LAYERNORM, hidden=hidden), _head(config, hidden))),
        ),
    )


def _head(config: Config, hidden: int) -> Part:
    names = config.names("architectures")
    name = names[0] if names else "ViTForImageClassification"
    if name == "ViTForImageClassification":
        return Classifier(hidden=hidden, classes=config.count("num_labels", config.size("id2label") or 2))
    if name == "ViTModel":
        return Pooler(hidden=hidden)
    raise not_one_of("architectures", name, ("ViTForImageClassification", "ViTModel"), config.where)
