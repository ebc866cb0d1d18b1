"""Qwen 3 mixtures: small routed experts, head norms, nothing shared."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.qwen_experts import dense_and_expert_layers, routed_experts
from bitline.workload.rotary_decoder import attention, trunk

MODEL_TYPES = ("qwen3_moe",)


def design(config: Config) -> Design:
    """Grouped-query attention with head norms; experts in the layers that `decoder_sparse_step` picks."""
    window = config.maybe_count("sliding_window") if config.flag("use_sliding_window", False) else None
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, biases=biases), qk_norm=RMSNORM, window=window)
    return decoder(trunk(config), dense_and_expert_layers(config, heads, routed_experts(config, shared=False)))
