"""DeepSeek-V3.2: V3 with an indexer that picks the tokens attention reads."""

from __future__ import annotations

from dataclasses import replace

from bitline.workload.config import Config
from bitline.workload.deepseek import dense_then_experts, latent_attention
from bitline.workload.model import Design
from bitline.workload.token_selection import TokenSelection

MODEL_TYPES = ("deepseek_v32",)
MODULE_ROLES = (
    ("*.indexer.wq_b", ("index_q",)),
    ("*.indexer.wk", ("index_k",)),
    ("*.indexer.weights_proj", ("index_weights",)),
)


def design(config: Config) -> Design:
    """Latent attention over chosen tokens."""
    heads = latent_attention(config)
    selection = TokenSelection(
        heads=config.count("index_n_heads", 64),
        key_dim=config.count("index_head_dim", 128),
        chosen=config.count("index_topk", 2048),
        query_rank=config.count("q_lora_rank", 1536),
        rope_dim=heads.rope_dim,
    )
    return dense_then_experts(config, replace(heads, selection=selection), routing="sigmoid")
