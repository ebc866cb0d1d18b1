"""DeepSeek-V2 and V2-Lite: latent attention; after the first dense layers routed and shared experts."""

from __future__ import annotations

from bitline.workload.config import Config
from bitline.workload.deepseek import dense_then_experts, latent_attention
from bitline.workload.model import Design

MODEL_TYPES = ("deepseek_v2",)


def design(config: Config) -> Design:
    """Latent attention with softmax routing."""
    return dense_then_experts(config, latent_attention(config), routing="softmax")
