"""Which role a module of a transformers model plays, read from its name: what placement rules match.

The words are those of the workload's operators. A fused projection has several roles and must find them all on one
engine. What a family says of its own modules comes first; a name that is not in the table either has its own last
part as its role, which a rule `*` catches.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TypeAlias

SCORES, CONTEXT = "scores", "context"
"""The roles of the two products of attention."""

ModuleRoles: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]
"""Patterns of module names, set apart by spaces, and the roles of what they match; the first match counts."""

_QKV = ("q", "k", "v")

_ROLES: ModuleRoles = (
    ("*.lora_A.* *.lora_B.*", ("adapter",)),
    ("*.output.bottleneck.dense", ("widen",)),
    ("*.bottleneck.*.dense", ("bottleneck",)),
    # attention
    ("*.q_proj *.query *.q_lin *Attention.q *.q_attn *.wq", ("q",)),
    ("*.k_proj *.key *.k_lin *Attention.k *.wk", ("k",)),
    ("*.v_proj *.value *.v_lin *Attention.v *.wv", ("v",)),
    ("*.crossattention.c_attn", ("k", "v")),
    ("*.c_attn *.query_key_value *.qkv_proj *.Wqkv *.qkv", _QKV),
    ("*.q_a_proj", ("q_down",)),
    ("*.q_b_proj", ("q_up",)),
    ("*.kv_a_proj_with_mqa", ("kv_down",)),
    ("*.kv_b_proj", ("k_up", "v_up")),
    ("*.o_proj *.out_lin *Attention.o *.wo_proj", ("out",)),
    ("*attn.out_proj *attention.out_proj *attn.c_proj *crossattention.c_proj", ("out",)),
    ("*attention.dense *self_attn.dense *self_attention.dense *attention.output.dense", ("out",)),
    # mixtures of experts
    ("*.shared_expert_gate", ("shared_router",)),
    ("*shared_expert*.gate_proj *shared_mlp.gate_proj", ("shared_gate",)),
    ("*shared_expert*.up_proj *shared_mlp.up_proj", ("shared_up",)),
    ("*shared_expert*.down_proj *shared_mlp.down_proj", ("shared_down",)),
    ("*.router *.router.layer *.mlp.gate *_moe.gate *.mlp.gate.wg", ("router",)),
    # feed-forward
    ("*.gate_up_proj", ("gate", "up")),
    ("*.gate_proj *.wi_0 *.w1", ("gate",)),
    ("*.up_proj *.fc1 *.c_fc *.fc_in *.dense_h_to_4h *.intermediate.dense *.lin1 *.wi *.wi_1 *.w3 *.ffn", ("up",)),
    ("*.down_proj *.fc2 *.c_proj *.fc_out *.dense_4h_to_h *.lin2 *.wo *.w2 *.ffn_output", ("down",)),
    # ends of the model
    ("*.patch_embeddings.projection *.patch_embedding", ("patch_embedding",)),
    ("*.encoder.conv1 *.encoder.conv2", ("conv",)),
    ("*.project_out", ("output_projection",)),
    ("*.embedding_hidden_mapping_in *.embedding_transformation *.project_in", ("embedding_projection",)),
    ("*.lm_head.dense *.transform.dense *.vocab_transform", ("transform",)),
    ("*predictions.decoder *.lm_head *.lm_head.decoder *.vocab_projector *.embed_out *.proj_out", ("lm_head",)),
    ("*.cls.predictions.dense", ("lm_head",)),
    ("*.predictions.dense", ("transform",)),
    ("*.output.dense", ("down",)),
    ("*pooler*", ("pooler",)),
    ("*.classifier *.classifier.* *.score *.qa_outputs *.seq_relationship", ("classifier",)),
)

_TABLES = (
    ("*.position_embeddings *.position_embedding *.embed_positions *.wpe *.relative_attention_bias", "position"),
    ("*.token_type_embeddings", "token_kind"),
    ("*", "embedding"),
)


def table_role(name: str) -> str:
    """Give the role of the embedding table called `name`: positions, token kinds, or else embedding."""
    return next(role for patterns, role in _TABLES if any(fnmatchcase(f".{name}", one) for one in patterns.split()))


def roles_of(name: str, own: ModuleRoles = ()) -> tuple[str, ...]:
    """Give the roles of the linear layer called `name` in its model; `own` is what the model's family says."""
    for patterns, roles in (*own, *_ROLES):
        if any(fnmatchcase(f".{name}", pattern) for pattern in patterns.split()):
            return roles
    return (own_role(name),)


def expert_roles(projection: str) -> tuple[str, ...]:
    """Give the roles of a three-dimensional expert parameter: gate_up_proj, up_proj or down_proj."""
    return tuple(f"expert_{role}" for role in roles_of(f"experts.{projection}"))


def own_role(name: str) -> str:
    """Give the last part of a name that is more than a number: the role of what the table does not know."""
    parts = [part for part in name.split(".") if not part.isdigit()]
    return parts[-1] if parts else name


def operator_name(name: str, role: str) -> str:
    """Give the workload's name of the operator, which rules match as well: it tells cross-attention apart."""
    cross = ("EncDecAttention", "encoder_attn", "crossattention")
    return f"cross_{role}" if any(part in cross for part in name.split(".")) else role


def plain_name(name: str) -> str:
    """Take off what PEFT puts around a module's name, so that an adapted model meets the same chip instance."""
    return name.removeprefix("base_model.model.").removesuffix(".base_layer")
