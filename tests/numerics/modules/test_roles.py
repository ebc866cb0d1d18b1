"""Names of modules read as roles."""

from __future__ import annotations

import pytest

from bitline.numerics.modules.roles import expert_roles, operator_name, plain_name, roles_of

NAMES = {
    "transformer.h.0.attn.c_attn": ("q", "k", "v"),
    "transformer.h.0.attn.c_proj": ("out",),
    "transformer.h.0.mlp.c_proj": ("down",),
    "transformer.h.0.crossattention.c_attn": ("k", "v"),
    "model.layers.3.self_attn.o_proj": ("out",),
    "model.layers.3.self_attn.kv_a_proj_with_mqa": ("kv_down",),
    "model.layers.3.mlp.gate_proj": ("gate",),
    "model.layers.3.mlp.gate": ("router",),
    "model.layers.3.mlp.gate_up_proj": ("gate", "up"),
    "model.layers.3.mlp.shared_expert.up_proj": ("shared_up",),
    "model.layers.3.mlp.shared_experts.down_proj": ("shared_down",),
    "model.layers.3.mlp.shared_expert_gate": ("shared_router",),
    "bert.encoder.layer.1.attention.self.query": ("q",),
    "bert.encoder.layer.1.attention.output.dense": ("out",),
    "bert.encoder.layer.1.intermediate.dense": ("up",),
    "bert.encoder.layer.1.output.dense": ("down",),
    "mobilebert.encoder.layer.1.output.bottleneck.dense": ("widen",),
    "mobilebert.encoder.layer.1.bottleneck.attention.dense": ("bottleneck",),
    "vit.embeddings.patch_embeddings.projection": ("patch_embedding",),
    "model.encoder.conv2": ("conv",),
    "model.decoder.project_out": ("output_projection",),
    "mobilebert.encoder.layer.1.ffn.0.output.dense": ("down",),
    "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn": ("up",),
    "albert.encoder.albert_layer_groups.0.albert_layers.0.ffn_output": ("down",),
    "albert.encoder.albert_layer_groups.0.albert_layers.0.attention.dense": ("out",),
    "cls.predictions.transform.dense": ("transform",),
    "predictions.dense": ("transform",),
    "predictions.decoder": ("lm_head",),
    "lm_head": ("lm_head",),
    "lm_head.dense": ("transform",),
    "lm_head.decoder": ("lm_head",),
    "decoder.block.0.layer.1.EncDecAttention.o": ("out",),
    "decoder.block.0.layer.2.DenseReluDense.wi_0": ("gate",),
    "decoder.block.0.layer.2.DenseReluDense.wo": ("down",),
    "model.decoder.layers.0.encoder_attn.out_proj": ("out",),
    "proj_out": ("lm_head",),
    "gpt_neox.layers.0.attention.dense": ("out",),
    "gpt_neox.layers.0.mlp.dense_4h_to_h": ("down",),
    "model.layers.0.self_attn.q_proj.lora_A.default": ("adapter",),
    "something.of.its_own.3": ("its_own",),
}


@pytest.mark.parametrize(("name", "roles"), NAMES.items(), ids=list(NAMES))
def test_roles(name, roles):
    assert roles_of(name) == roles


def test_experts_and_adapted_names():
    assert expert_roles("gate_up_proj") == ("expert_gate", "expert_up")
    assert expert_roles("down_proj") == ("expert_down",)
    assert operator_name("model.decoder.layers.0.encoder_attn.q_proj", "q") == "cross_q"
    assert operator_name("model.decoder.layers.0.self_attn.q_proj", "q") == "q"
    assert plain_name("base_model.model.lm_head.base_layer") == "lm_head"
