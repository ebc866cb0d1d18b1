"""DeepSeek-MoE (arXiv 2401.06066): ordinary attention, first layers dense, then small routed and shared experts."""

from __future__ import annotations

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.deepseek import dense_then_experts
from bitline.workload.model import Design
from bitline.workload.rotary_decoder import attention

MODEL_TYPES = ("deepseek",)


def design(config: Config) -> Design:
    """Multi-head attention with softmax routing."""
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    return dense_then_experts(config, attention(config, biases=biases), routing="softmax")
