"""The roles that deploying gives to modules are those that the workload gives to their operators."""

from __future__ import annotations

import pytest
import torch
import transformers
from transformers import CONFIG_MAPPING

from bitline.numerics.modules.roles import CONTEXT, SCORES, expert_roles
from bitline.operators import MatMul
from bitline.verbs.survey import survey
from bitline.workload import family_names, model_from_config, prefill

SMALL = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 4, "max_position_embeddings": 64, "vocab_size": 61, "n_embd": 32, "n_layer": 2, "n_head": 4,
    "d_model": 32, "num_layers": 2, "num_heads": 4, "embedding_size": 16, "intra_bottleneck_size": 16,
    "image_size": 16, "patch_size": 8, "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4, "head_dim": 8,
    "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "num_local_experts": 4, "num_experts": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2,
    "topk_group": 1, "kv_lora_rank": 16, "q_lora_rank": 16, "rotary_dim": 4, "pad_token_id": 0, "bos_token_id": 1,
    "eos_token_id": 2, "word_embed_proj_dim": 16, "ffn_dim": 48, "moe_intermediate_size": 24,
    "shared_expert_intermediate_size": 24, "attention_types": [[["global", "local"], 1]],
}  # fmt: skip
ATTENTION = {SCORES, CONTEXT}
OWN_TYPES = {"deepseek", "phi-msft"}
"""Names in configurations of models whose code transformers does not have."""
OWN_CODE = {"qwen3_next": {"conv"}, "gemma3": {"bridge"}}
"""Matrices that the code of a module multiplies by itself: they stay digital, whatever the placement."""
CLASSES = {"t5": "SEQ_TO_SEQ_CAUSAL_LM", "whisper": "SPEECH_SEQ_2_SEQ"}
KINDS = ("MASKED_LM", "CAUSAL_LM", "SEQ_TO_SEQ_CAUSAL_LM", "IMAGE_CLASSIFICATION", "ZERO_SHOT_IMAGE_CLASSIFICATION")


def small_model(name):
    """Build a small model of any family of transformers, with random weights; a large one of shapes alone."""
    kind = CONFIG_MAPPING[name]
    fields = set(vars(kind())) | set(getattr(kind, "attribute_map", {}))
    config = kind(**{key: value for key, value in SMALL.items() if key in fields})
    mappings = (getattr(transformers, f"MODEL_FOR_{one}_MAPPING") for one in (CLASSES.get(name, ""), *KINDS) if one)
    plain = transformers.MODEL_MAPPING
    made = next(mapping for mapping in (*mappings, plain) if type(config) in mapping)[type(config)]
    with torch.device("meta" if name in LARGE else "cpu"):
        return made(config)


LARGE = {"gemma3"}
"""Families whose parts keep their own sizes: 13 gigabytes of weights, of which nothing here is read."""


@pytest.mark.parametrize(
    "name",
    sorted(set(family_names()) - OWN_TYPES),
)
def test_roles_and_parameters_agree(name):
    """A contract: every family, present and future, is met here without being listed."""
    model = small_model(name)
    described = {**model.config.to_dict(), "architectures": [type(model).__name__]}
    read = model_from_config(described, name)
    assert read.parameters == sum(parameter.numel() for parameter in model.parameters())
    ours = set()
    for site in survey(model):
        if site.kind != "other":
            ours.update(site.roles + (expert_roles("down_proj") if site.kind == "experts" else ()))
    steps = [prefill(read, 1, 4, every_position=True)]
    if read.vision is not None:
        steps.append(prefill(read.vision, 1, read.vision.context_limit))
    products = [one for step in steps for block in step.blocks for one in block.operators if isinstance(one, MatMul)]
    theirs = {one.role for one in products if one.stationary == "weight"} - OWN_CODE.get(name, set())
    assert ours == theirs | (ATTENTION & {one.role for one in products})
