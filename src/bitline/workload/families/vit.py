"""ViT, and DeiT sizes without the distillation token: patches and a class token through BERT-like layers."""

from __future__ import annotations

from bitline.errors import not_one_of
from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.head import Classifier, Pooler
from bitline.workload.image_encoder import image_encoder
from bitline.workload.model import Design
from bitline.workload.part import Part

MODEL_TYPES = ("vit",)


def design(config: Config) -> Design:
    """Norms before each sublayer, learned positions, classes from the first row."""
    biases = ALL_BIASES if config.flag("qkv_bias", True) else ("out",)
    return image_encoder(config, biases=biases, class_token=True, top=_head(config, config.count("hidden_size")))


def _head(config: Config, hidden: int) -> Part:
    names = config.names("architectures")
    name = names[0] if names else "ViTForImageClassification"
    if name == "ViTForImageClassification":
        return Classifier(hidden=hidden, classes=config.count("num_labels", config.size("id2label") or 2))
    if name == "ViTModel":
        return Pooler(hidden=hidden)
    raise not_one_of("architectures", name, ("ViTForImageClassification", "ViTModel"), config.where)
