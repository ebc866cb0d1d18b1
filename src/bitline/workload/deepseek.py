"""What DeepSeek's generations have in common: latent attention, a few dense layers, then experts."""

from __future__ import annotations

from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.decoder import decoder
from bitline.workload.experts import Experts
from bitline.workload.feed_forward import FeedForward
from bitline.workload.latent_attention import LatentAttention
from bitline.workload.layer import Layer
from bitline.workload.model import Design
from bitline.workload.norm import RMSNORM
from bitline.workload.rotary_decoder import activation, gated_feed_forward, trunk


def latent_attention(config: Config) -> LatentAttention:
    """Read the ranks and widths of latent attention."""
    return LatentAttention(
        hidden=config.count("hidden_size"),
        heads=config.count("num_attention_heads"),
        query_rank=config.count_unless_null("q_lora_rank", 1536),
        kv_rank=config.count("kv_lora_rank"),
        plain_dim=config.count("qk_nope_head_dim"),
        rope_dim=config.count("qk_rope_head_dim"),
        value_dim=config.count("v_head_dim"),
        bias=config.flag("attention_bias", False),
    )


def dense_then_experts(config: Config, heads: Attention | LatentAttention, *, routing: str) -> Design:
    """Give `first_k_dense_replace` dense layers and experts in the rest."""
    layers = config.layers("num_hidden_layers")
    dense = min(config.number("first_k_dense_replace", 0), layers)
    groups = []
    if dense:
        plain = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, gated_feed_forward(config)))
        groups.append(("dense_layers", dense, plain))
    if layers > dense:
        mixed = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, _experts(config, routing)))
        groups.append(("expert_layers", layers - dense, mixed))
    return decoder(trunk(config), groups)


def _experts(config: Config, routing: str) -> Experts:
    hidden, inner = config.count("hidden_size"), config.count("moe_intermediate_size")
    function, experts = activation(config, "hidden_act", "silu"), config.count("n_routed_experts")
    beside = None
    width = inner * config.number("n_shared_experts", 0)
    if width:
        beside = FeedForward(
            hidden=hidden, inner=width, function=function, gated=True, prefix="shared_", kind="shared_"
        )
    return Experts(
        hidden=hidden,
        inner=inner,
        experts=experts,
        chosen=config.chosen("num_experts_per_tok", experts),
        function=function,
        score_function=routing,
        shared=beside,
    )
