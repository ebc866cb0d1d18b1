"""Qwen 1.5 and 2 mixtures: small routed experts beside a gated shared expert."""

from __future__ import annotations

from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.model import Design
from bitline.workload.qwen_experts import dense_and_expert_layers, routed_experts
from bitline.workload.rotary_decoder import attention, trunk

MODEL_TYPES = ("qwen2_moe",)


def design(config: Config) -> Design:
    """Grouped-query attention with biases; experts in the layers that `decoder_sparse_step` picks."""
    config.refuse("use_sliding_window")
    biases = ("q", "k", "v") if config.flag("qkv_bias", True) else ()
    groups = dense_and_expert_layers(config, attention(config, biases=biases), routed_experts(config, shared=True))
    return decoder(trunk(config), groups)
