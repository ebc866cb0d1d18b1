"""SigLIP's image encoder on its own."""

from __future__ import annotations

from bitline.workload.config import Config
from bitline.workload.model import Design
from bitline.workload.siglip_tower import siglip_tower

MODEL_TYPES = ("siglip_vision_model",)


def design(config: Config) -> Design:
    """Patches in, one row per image out."""
    return siglip_tower(config)
