"""The roles that deploying gives to modules are those that the workload gives to their operators."""

from __future__ import annotations

import pytest
import transformers
from transformers import CONFIG_MAPPING

from bitline.numerics.roles import expert_roles
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
    "shared_expert_intermediate_size": 24,
}  # fmt: skip
CHECKED = (
    "albert", "bert", "bloom", "deepseek_v2", "deepseek_v3", "distilbert", "falcon", "gemma", "gemma2", "gpt2",
    "gpt_neox", "gpt_oss", "gptj", "llama", "mistral", "mixtral", "mobilebert", "olmo2", "opt", "phi", "phi3", "qwen2",
    "qwen2_moe", "qwen3", "qwen3_moe", "roberta", "stablelm", "starcoder2", "t5", "vit", "whisper",
)  # fmt: skip


@pytest.mark.parametrize("name", CHECKED)
def test_roles_agree(name):
    if name not in family_names():
        pytest.skip(f"the workload has no family {name}")
    kind = CONFIG_MAPPING[name]
    fields = set(vars(kind())) | set(getattr(kind, "attribute_map", {}))
    config = kind(**{key: value for key, value in SMALL.items() if key in fields})
    mappings = ("CAUSAL_LM", "MASKED_LM", "SEQ_TO_SEQ_CAUSAL_LM", "SPEECH_SEQ_2_SEQ", "IMAGE_CLASSIFICATION")
    found = [getattr(transformers, f"MODEL_FOR_{one}_MAPPING") for one in mappings]
    order = found[1:] + found[:1] if name in ("albert", "bert", "roberta", "mobilebert", "distilbert") else found
    if name in ("t5", "whisper"):
        order = found[2:]
    cls = next(mapping[type(config)] for mapping in order if type(config) in mapping)
    model = cls(config)
    ours = set()
    for site in survey(model):
        if site.kind != "other":
            ours.update(site.roles + (expert_roles("down_proj") if site.kind == "experts" else ()))
    described = {**model.config.to_dict(), "architectures": [cls.__name__]}
    step = prefill(model_from_config(described, name), 1, 4, every_position=True)
    theirs = {one.role for block in step.blocks for one in block.operators if isinstance(one, MatMul)}
    assert ours == theirs
