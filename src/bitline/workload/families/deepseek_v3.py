"""DeepSeek-V3 and R1: as V2 with more experts and sigmoid routing. The multi-token-prediction layer is left out."""

from __future__ import annotations

from bitline.workload.config import Config
from bitline.workload.deepseek import dense_then_experts, latent_attention
from bitline.workload.model import Design

MODEL_TYPES = ("deepseek_v3",)


def design(config: Config) -> Design:
    """Latent attention with sigmoid routing."""
    return dense_then_experts(config, latent_attention(config), routing="sigmoid")
