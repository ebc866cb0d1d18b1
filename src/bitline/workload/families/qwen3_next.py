"""Qwen3-Next: three layers of gated delta rule for each layer of gated attention, all with experts."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.delta_attention import DeltaAttention
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.qwen_experts import routed_experts
from bitline.workload.rotary_decoder import attention, layer_kinds, rotated, trunk

MODEL_TYPES = ("qwen3_next",)
MODULE_ROLES = (
    ("*.self_attn.q_proj", ("q", "q_gate")),
    ("*.linear_attn.in_proj_qkvz", ("q", "k", "v", "q_gate")),
    ("*.linear_attn.in_proj_ba", ("decay",)),
)


def design(config: Config) -> Design:
    """Linear and full attention layers with routed and shared experts."""
    layers, every = config.layers("num_hidden_layers"), config.count("full_attention_interval", 4)
    kinds = layer_kinds(
        config, layers, ["full_attention" if (i + 1) % every == 0 else "linear_attention" for i in range(layers)]
    )
    for key in ("mlp_only_layers", "use_sliding_window"):
        config.refuse(key)
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    full = attention(config, head_dim=256, biases=biases)
    full = replace(full, qk_norm=RMSNORM, gated=True, rotary_dim=rotated(config, full.head_dim, 0.25))
    experts = routed_experts(config, shared=True)
    made = {
        kind: Layer(hidden=full.hidden, norm=RMSNORM, sublayers=(mixer, experts))
        for kind, mixer in (("full_attention", full), ("linear_attention", _delta(config)))
    }
    return decoder(trunk(config), by_kind(kinds, made))


def _delta(config: Config) -> DeltaAttention:
    values = config.count("linear_num_value_heads", 32)
    return DeltaAttention(
        hidden=config.count("hidden_size"),
        key_heads=config.dividing("linear_num_key_heads", values, "linear_num_value_heads", 16),
        value_heads=values,
        key_dim=config.count("linear_key_head_dim", 128),
        value_dim=config.count("linear_value_head_dim", 128),
        taps=config.count("linear_conv_kernel_dim", 4),
    )
