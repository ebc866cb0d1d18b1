"""Every family on an ideal chip of many bits computes what the digital model computes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
import transformers
from transformers import CONFIG_MAPPING

from bitline.errors import ConfigError
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.restore import restore

SMALL = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
}  # fmt: skip
GPT = {
    "vocab_size": 61, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64, "bos_token_id": 1, "eos_token_id": 2,
    "rotary_dim": 4,
}  # fmt: skip
MOE = {
    "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24, "num_local_experts": 4,
    "shared_expert_intermediate_size": 24, "decoder_sparse_step": 1,
}  # fmt: skip
MLA = {
    "kv_lora_rank": 16, "q_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8,
    "n_routed_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24, "n_group": 2, "topk_group": 1,
    "first_k_dense_replace": 1, "num_key_value_heads": 4, "topk_method": "greedy", "n_shared_experts": 1,
}  # fmt: skip
WINDOW = {"use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1}
NEO = [[["global", "local"], 1]]
T5 = {
    "vocab_size": 61, "d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "pad_token_id": 0,
    "decoder_start_token_id": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Family:
    name: str
    changes: dict = field(default_factory=dict)
    kind: str = "causal"
    variant: str = ""

    def __str__(self):
        return f"{self.name}-{self.variant}" if self.variant else self.name

    def build(self):
        torch.manual_seed(0)
        config = CONFIG_MAPPING[self.name](**self.changes)
        if self.kind == "causal":
            cls = transformers.MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
        elif self.kind == "masked":
            cls = transformers.MODEL_FOR_MASKED_LM_MAPPING[type(config)]
        else:
            cls = getattr(transformers, self.kind)
        model = cls(config).eval()
        with torch.no_grad():  # wide enough that wrong products are seen
            for name, parameter in model.named_parameters():
                if parameter.dim() >= 2:
                    parameter.normal_(0.0, 0.15)
                elif name.endswith(("sinks", "bias")):
                    parameter.normal_(0.0, 0.5)
        return model


CAUSAL = [
    Family("gpt2", GPT),
    Family("opt", {**SMALL, "ffn_dim": 48, "word_embed_proj_dim": 32}),
    Family("llama", SMALL),
    Family("mistral", {**SMALL, "sliding_window": 6}),
    Family("qwen2", SMALL),
    Family("qwen3", {**SMALL, "head_dim": 8}),
    Family("gemma", {**SMALL, "head_dim": 8}),
    Family("gemma2", {**SMALL, "head_dim": 8, "sliding_window": 6, "attn_logit_softcapping": 2.0}),
    Family("gemma3_text", {**SMALL, "head_dim": 8, "sliding_window": 6}),
    Family("phi", SMALL),
    Family("phi3", SMALL),
    Family("mixtral", {**SMALL, **MOE}),
    Family("qwen2_moe", {**SMALL, **MOE}),
    Family("qwen3_moe", {**SMALL, **MOE, "head_dim": 8}),
    Family("deepseek_v2", {**SMALL, **MLA}),
    Family("deepseek_v3", {**SMALL, **MLA}),
    Family("gpt_neox", SMALL),
    Family("gptj", GPT),
    Family("bloom", {**GPT, "hidden_size": 32}),
    Family("falcon", {**SMALL, "new_decoder_architecture": False}),
    Family("olmo2", SMALL),
    Family("stablelm", SMALL),
    Family("starcoder2", SMALL),
    Family("gpt_oss", {**SMALL, **MOE, "head_dim": 8, "sliding_window": 6}),
    Family("gpt_neo", {**SMALL, "num_layers": 2, "num_heads": 4, "attention_types": NEO, "window_size": 6}),
    Family("falcon", {**SMALL, "new_decoder_architecture": True, "num_kv_heads": 2}, variant="grouped"),
    Family("falcon", {**SMALL, "alibi": True, "multi_query": False}, variant="alibi"),
    Family("gpt2", {**GPT, "scale_attn_by_inverse_layer_idx": True}, variant="scaled"),
    Family("opt", {**SMALL, "ffn_dim": 48, "word_embed_proj_dim": 16}, variant="projected"),
    Family("qwen2", {**SMALL, **WINDOW}, variant="window"),
    Family("deepseek_v2", {**SMALL, **MLA, "topk_method": "group_limited_greedy"}, variant="groups"),
    Family("codegen", GPT),
    Family("granitemoe", {**SMALL, **MOE}),
    Family("olmoe", {**SMALL, **MOE}),
    Family("phimoe", {**SMALL, **MOE}),
    Family("cohere", SMALL),
    Family("gemma3_text", {**SMALL, "head_dim": 8, "attn_logit_softcapping": 2.0}, variant="capped"),
    Family("glm4", {**SMALL, "head_dim": 8}),
    Family("smollm3", SMALL),
    Family("mpt", {"d_model": 32, "n_heads": 4, "n_layers": 2, "vocab_size": 61, "max_seq_len": 64}),
]  # fmt: skip
ENCODERS = [
    Family("bert", SMALL, "masked"),
    Family("roberta", SMALL, "masked"),
    Family("distilbert", {"vocab_size": 61, "dim": 32, "hidden_dim": 48, "n_layers": 2, "n_heads": 4}, "masked"),
    Family("mobilebert", {**SMALL, "embedding_size": 16, "intra_bottleneck_size": 16}, "masked"),
    Family("albert", {**SMALL, "embedding_size": 16}, "masked"),
]
NAMES = [str(family) for family in CAUSAL]


def prompts() -> tuple[torch.Tensor, torch.Tensor]:
    """Two prompts of different lengths, the shorter padded on the left."""
    generator = torch.Generator().manual_seed(1)
    tokens = torch.randint(3, 61, (2, 11), generator=generator)
    mask = torch.ones_like(tokens)
    tokens[1, :4], mask[1, :4] = 0, 0
    return tokens, mask


def gap(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


@pytest.fixture(scope="module")
def many_bits(chip_of, integers):
    fine = integers(18)
    return chip_of(fine, fine, fine)


@pytest.mark.parametrize("family", CAUSAL, ids=NAMES)
@torch.no_grad()
def test_causal_families_equal_the_digital_model(family, many_bits):
    model = family.build()
    tokens, mask = prompts()
    wanted, padded = model(tokens).logits, model(tokens, attention_mask=mask).logits
    assert deploy(model, many_bits) is model
    assert gap(model(tokens).logits, wanted) < 2e-4
    kept = mask.bool()
    assert gap(model(tokens, attention_mask=mask).logits[kept], padded[kept]) < 2e-4
    cached = model(tokens[:, :6], use_cache=True)
    parts = [cached.logits]
    for at in range(6, tokens.shape[1]):
        cached = model(tokens[:, at : at + 1], past_key_values=cached.past_key_values, use_cache=True)
        parts.append(cached.logits)
    assert gap(torch.cat(parts, dim=1), wanted) < 2e-4
    report = deployment_of(model)
    assert {"scores", "context"} <= {role for one in report.on_chip for role in one.roles}
    assert not report.digital
    restore(model)
    assert torch.equal(model(tokens).logits, wanted)


@pytest.mark.parametrize("family", ENCODERS, ids=[family.name for family in ENCODERS])
@torch.no_grad()
def test_encoders_equal_the_digital_model(family, many_bits):
    model = family.build()
    tokens, mask = prompts()
    mask = mask.flip(1)
    wanted, padded = model(tokens).logits, model(tokens, attention_mask=mask).logits
    deploy(model, many_bits)
    assert gap(model(tokens).logits, wanted) < 2e-4
    kept = mask.bool()
    assert gap(model(tokens, attention_mask=mask).logits[kept], padded[kept]) < 2e-4
    restore(model)
    assert torch.equal(model(tokens).logits, wanted)


@torch.no_grad()
def test_vision_equals_the_digital_model(many_bits):
    changes = {**SMALL, "image_size": 16, "patch_size": 8}
    model = Family("vit", changes, "ViTForImageClassification").build()
    pixels = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    wanted = model(pixels).logits
    deploy(model, many_bits)
    assert gap(model(pixels).logits, wanted) < 2e-4
    patches = next(one for one in deployment_of(model).on_chip if one.roles == ("patch_embedding",))
    assert patches.shape == (3 * 8 * 8, 32)


@torch.no_grad()
def test_what_a_chip_cannot_take_is_listed(many_bits):
    model = Family("mobilebert", {**SMALL, "embedding_size": 16, "intra_bottleneck_size": 16}, "masked").build()
    left = {one.module: one.why for one in deployment_of(deploy(model, many_bits)).digital}
    assert left == dict.fromkeys(
        ("cls.predictions.dense", "cls.predictions.decoder"),
        "MobileBertLMPredictionHead reads its weight instead of calling it",
    )
    model = Family("rwkv", {**SMALL, "attention_hidden_size": 32}).build()
    left = {one.module: one.why for one in deployment_of(deploy(model, many_bits)).digital}
    assert left["rwkv.blocks.0.attention"] == "RwkvSelfAttention computes attention in a way of its own"


@pytest.mark.parametrize("gated", [False, True])
@torch.no_grad()
def test_t5_equals_the_digital_model(many_bits, gated):
    changes = {**T5, "feed_forward_proj": "gated-gelu" if gated else "relu"}
    model = Family("t5", changes, "T5ForConditionalGeneration").build()
    tokens, mask = prompts()
    mask = mask.flip(1)
    wanted = model(input_ids=tokens, attention_mask=mask, decoder_input_ids=tokens[:, :5]).logits
    answer = model.generate(tokens, attention_mask=mask, max_new_tokens=6, do_sample=False)
    deploy(model, many_bits)
    assert gap(model(input_ids=tokens, attention_mask=mask, decoder_input_ids=tokens[:, :5]).logits, wanted) < 2e-4
    assert torch.equal(model.generate(tokens, attention_mask=mask, max_new_tokens=6, do_sample=False), answer)


@torch.no_grad()
def test_whisper_equals_the_digital_model(many_bits):
    changes = {
        "vocab_size": 61, "d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
        "decoder_attention_heads": 4, "encoder_ffn_dim": 48, "decoder_ffn_dim": 48, "max_source_positions": 10,
        "max_target_positions": 32, "num_mel_bins": 8, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
        "decoder_start_token_id": 1, "suppress_tokens": None, "begin_suppress_tokens": None,
    }  # fmt: skip
    model = Family("whisper", changes, "WhisperForConditionalGeneration").build()
    sound = torch.randn(2, 8, 20, generator=torch.Generator().manual_seed(1))
    tokens = prompts()[0][:, :6]
    wanted = model(sound, decoder_input_ids=tokens).logits
    deploy(model, many_bits)
    assert gap(model(sound, decoder_input_ids=tokens).logits, wanted) < 2e-4
    assert sum(one.roles == ("conv",) for one in deployment_of(model).on_chip) == 2


@pytest.mark.parametrize("family", CAUSAL, ids=NAMES)
@torch.no_grad()
def test_every_listed_matrix_is_used(family, many_bits):
    """What the report says runs on the chip does: without it the logits change."""
    model = family.build()
    tokens = prompts()[0]
    deploy(model, many_bits)
    used = set()
    for name, held in deployment_of(model).held.items():
        for matrix in held.matrices:
            matrix.multiply = _noting(matrix.multiply, used, name)
    model(tokens)
    assert used == set(deployment_of(model).held)


def _noting(multiply, used, name):
    def noted(x):
        used.add(name)
        return multiply(x)

    return noted


@torch.no_grad()
def test_deberta_attention_is_refused_by_name(many_bits, chip_of, integers):
    changes = {**SMALL, "relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_biased_input": False}
    model = Family("deberta-v2", changes, "masked").build()
    tokens = prompts()[0]
    wanted = model(tokens).logits
    deploy(model, many_bits)
    with pytest.raises(ConfigError, match=r"deberta\.encoder\.layer\.0\.attention.*cannot run on a chip"):
        model(tokens)
    deploy(model, chip_of(integers(18)))
    assert gap(model(tokens).logits, wanted) < 2e-4
