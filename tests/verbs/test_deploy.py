"""Deploying and restoring: what changes, what stays, and what is refused."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Cell, Rule, Spread
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.restore import digital, restore

SHAPE = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip


def llama(**changes) -> LlamaForCausalLM:
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**{**SHAPE, **changes})).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.normal_(0.0, 0.15)
    return model


def tokens(rows: int = 3, length: int = 9) -> torch.Tensor:
    return torch.randint(3, 61, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def noisy(chip_of, analogs):
    few, fewer = Spread(sigma_fraction=0.02), Spread(sigma_fraction=0.01)
    stray = Cell(technology="reram", bits=2, programming_noise=few, read_noise=fewer)
    return chip_of(analogs(8, 16, cell=stray), analogs(8, 16, cell=stray))


@torch.no_grad()
def test_the_model_keeps_its_parameters_ties_and_checkpoint(noisy, tmp_path):
    model = llama(tie_word_embeddings=True)
    before = dict(model.named_parameters())
    wanted = model(tokens()).logits
    keys = list(model.state_dict())
    deploy(model, noisy)
    assert all(value is before[name] for name, value in model.named_parameters())
    assert list(model.state_dict()) == keys
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert isinstance(model.lm_head, nn.Linear)
    model.save_pretrained(tmp_path)
    again = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    assert torch.equal(again(tokens()).logits, wanted)
    assert again.config._attn_implementation != "bitline"


@torch.no_grad()
def test_restore_gives_the_digital_model_back_bit_for_bit(noisy):
    model = llama()
    config, kinds = model.config, [type(module) for module in model.modules()]
    attributes = [set(vars(module)) for module in model.modules()]
    wanted = model(tokens()).logits
    deploy(model, noisy)
    assert not torch.equal(model(tokens()).logits, wanted)
    assert restore(model) is model
    assert torch.equal(model(tokens()).logits, wanted)
    assert model.config is config
    assert [type(module) for module in model.modules()] == kinds
    assert [set(vars(module)) for module in model.modules()] == attributes
    with pytest.raises(ConfigError, match="is not deployed on a chip"):
        restore(model)


@torch.no_grad()
def test_models_that_share_a_configuration_stay_digital(noisy):
    model = llama()
    other = LlamaForCausalLM(model.config).eval()
    wanted = other(tokens()).logits
    deploy(model, noisy)
    assert torch.equal(other(tokens()).logits, wanted)


@torch.no_grad()
def test_a_copy_is_a_deployed_model_of_its_own(noisy):
    model = deploy(llama(), noisy)
    wanted = model(tokens()).logits
    twin = copy.deepcopy(model)
    assert torch.equal(twin(tokens()).logits, wanted)
    restore(twin)
    assert torch.equal(model(tokens()).logits, wanted)
    assert torch.equal(twin(tokens()).logits, llama()(tokens()).logits)


@torch.no_grad()
def test_seeds(noisy):
    """The same seed is the same chip, another seed another; deploying again replaces the first deployment."""
    model = deploy(llama(), noisy, seed=1)
    first = model(tokens()).logits
    deploy(model, noisy, seed=2)
    assert not torch.equal(model(tokens()).logits, first)
    deploy(model, noisy, seed=1)
    assert torch.equal(model(tokens()).logits, first)
    assert deployment_of(model).seed == 1


@torch.no_grad()
def test_a_batch_gives_what_its_rows_give(noisy):
    """Up to the rounding of digital sums, which batches may order otherwise."""
    model = deploy(llama(), noisy)
    together = model(tokens(6)).logits
    for split in (1, 2, 4):
        apart = torch.cat([model(part).logits for part in tokens(6).split(split)])
        assert torch.allclose(apart, together, atol=1e-4)


@torch.no_grad()
def test_generate_with_a_cache_and_rows_of_different_lengths(chip_of, integers):
    model = llama()
    prompts, mask = tokens(2, 8), torch.ones(2, 8, dtype=torch.long)
    prompts[1, :3], mask[1, :3] = 0, 0
    options = {"max_new_tokens": 8, "do_sample": False, "attention_mask": mask}
    wanted = model.generate(prompts, **options)
    deploy(model, chip_of(integers(18), integers(18)))
    assert torch.equal(model.generate(prompts, **options), wanted)
    assert torch.equal(model.generate(prompts, **options, cache_implementation="static"), wanted)
    assert torch.equal(model.generate(prompts, **options, use_cache=False), wanted)


@torch.no_grad()
def test_prefill_and_cached_decode_agree(chip_of, analogs):
    """On noisy weights and converters too coarse for attention; up to flips of single codes."""
    stray = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.02))
    model = deploy(llama(), chip_of(analogs(8, 16, cell=stray), analogs(5, 16)))
    wanted = model(tokens(1)).logits
    past, parts = None, []
    for at in range(tokens(1).shape[1]):
        out = model(tokens(1)[:, at : at + 1], past_key_values=past, use_cache=True)
        past = out.past_key_values
        parts.append(out.logits)
    assert torch.allclose(torch.cat(parts, dim=1), wanted, atol=2e-2 * float(wanted.abs().max()))


@torch.no_grad()
def test_the_report_lists_everything(chip_of, integers):
    torch.manual_seed(0)
    model = MixtralForCausalLM(MixtralConfig(**SHAPE, num_local_experts=4, num_experts_per_tok=2)).eval()
    deploy(model, chip_of(integers(8), None, None, (Rule(operators=("router",), engine="rest"),)))
    report = deployment_of(model)
    listed = {one.module for one in report.on_chip} | {one.module for one in report.digital}
    multiplies = {name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    multiplies |= {f"model.layers.{i}.mlp.{part}" for i in (0, 1) for part in ("gate", "experts")}
    multiplies |= {f"model.layers.{i}.self_attn" for i in (0, 1)}
    assert listed == multiplies
    experts = [one for one in report.on_chip if one.module == "model.layers.0.mlp.experts"]
    assert [(one.roles, one.shape, one.matrices) for one in experts] == [
        (("expert_gate", "expert_up"), (32, 96), 4),
        (("expert_down",), (48, 32), 4),
    ]
    router = next(one for one in report.digital if one.module == "model.layers.0.mlp.gate")
    assert "'rest' computes in floating point" in router.why
    scores = next(one for one in report.digital if one.roles == ("scores",))
    assert "'attention' computes in floating point" in scores.why


def test_floating_attention_leaves_the_configuration_alone(chip_of, integers):
    model = llama()
    before = model.config._attn_implementation
    deploy(model, chip_of(integers(8)))
    assert model.config._attn_implementation == before


@torch.no_grad()
def test_weights_loaded_later_are_programmed_anew(chip_of, integers):
    model, other = deploy(llama(), chip_of(integers(8))), llama()
    with torch.no_grad():
        other.model.layers[0].mlp.up_proj.weight.mul_(-1.0)
    wanted = deploy(copy.deepcopy(other), chip_of(integers(8)))(tokens()).logits
    assert not torch.equal(model(tokens()).logits, wanted)
    model.load_state_dict(other.state_dict())
    assert torch.equal(model(tokens()).logits, wanted)


def test_fused_roles_on_two_engines_are_refused(chip_of, integers):
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(n_embd=32, n_layer=1, n_head=4, vocab_size=61, n_positions=16))
    chip = chip_of(integers(8), rules=(Rule(operators=("q",), engine="rest"),))
    with pytest.raises(ConfigError, match="placement sends q to rest, k to weights, v to weights"):
        deploy(model, chip)
    with pytest.raises(ConfigError, match="is not deployed"):
        deployment_of(model)


def test_bad_weights_are_named(chip_of, integers):
    model = llama()
    with torch.no_grad():
        model.model.layers[1].mlp.up_proj.weight[3, 3] = float("nan")
    with pytest.raises(DataError, match=r"model\.layers\.1\.mlp\.up_proj: its weights hold NaN"):
        deploy(model, chip_of(integers(8)))
    assert type(model.lm_head) is nn.Linear


def test_wrong_calls_are_refused(chip_of, integers):
    with pytest.raises(ConfigError, match=r"plan = 'exakt' is not one of .* Nearest: 'exact'"):
        deploy(llama(), chip_of(integers(8)), plan="exakt")
    with torch.device("meta"):
        empty = LlamaForCausalLM(LlamaConfig(**SHAPE))
    with pytest.raises(ConfigError, match="has no weights"):
        deploy(empty, chip_of(integers(8)))


@torch.no_grad()
def test_an_unsound_plan_names_the_layer(chip_of, analogs):
    with pytest.raises(ConfigError, match=r"layers\.0\.self_attn\.q_proj: plan = 'lossless' is not exact"):
        deploy(llama(), chip_of(analogs(4)), plan="lossless")


@torch.no_grad()
def test_digital_for_a_while(noisy):
    model = deploy(llama(), noisy)
    here = model(tokens()).logits
    with digital(model):
        assert torch.equal(model(tokens()).logits, llama()(tokens()).logits)
    assert torch.equal(model(tokens()).logits, here)


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_adapters_before_and_after(chip_of, integers):
    """LoRA learns on a deployed model, and the chip under it is the one that a plain deployment gives."""
    peft = pytest.importorskip("peft")
    chip = chip_of(integers(8), integers(8))
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False, lora_dropout=0.0)
    deployed, plain = deploy(llama(), chip), llama()
    torch.manual_seed(3)
    after = peft.get_peft_model(deployed, copy.deepcopy(config)).eval()
    torch.manual_seed(3)
    before = deploy(peft.get_peft_model(plain, copy.deepcopy(config)).eval(), chip)
    with torch.no_grad():
        assert torch.equal(after(tokens()).logits, before(tokens()).logits)
    names = {one.module for one in deployment_of(before).on_chip}
    assert "model.layers.0.self_attn.q_proj" in names
    assert not any("lora" in name for name in names)
    loss = after(tokens(), labels=tokens()).loss
    loss.backward()
    grown = {name for name, value in after.named_parameters() if value.grad is not None and value.grad.abs().sum() > 0}
    assert all(f"base_model.model.model.layers.0.self_attn.q_proj.lora_{ab}.default.weight" in grown for ab in "AB")
    restore(after)


def test_gradients_are_those_of_the_digital_model(chip_of, integers):
    model, plain = deploy(llama(), chip_of(integers(18), integers(18))), llama()
    for one in (model, plain):
        one(tokens(), labels=tokens()).loss.backward()
    for (name, found), wanted in zip(model.named_parameters(), plain.parameters(), strict=True):
        scale = float(wanted.grad.abs().max())
        assert torch.allclose(found.grad, wanted.grad, atol=2e-3 * scale), name


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("safe", [False, True])
@torch.no_grad()
def test_merged_adapters_are_written_to_the_chip(chip_of, integers, safe):
    peft = pytest.importorskip("peft")
    chip = chip_of(integers(8))
    config = peft.LoraConfig(r=2, target_modules=["q_proj", "down_proj"], init_lora_weights=False)
    model = deploy(peft.get_peft_model(llama(), config).eval(), chip)
    apart = model(tokens()).logits
    model.merge_adapter(safe_merge=safe)
    merged = model(tokens()).logits
    assert torch.equal(merged, deploy(copy.deepcopy(model), chip)(tokens()).logits)
    assert float((merged - apart).abs().max()) < 0.1 * float(apart.abs().max())


def test_a_replaced_forward_is_refused(chip_of, integers):
    model = llama()
    layer = model.model.layers[0].mlp.up_proj
    layer.forward = layer.forward
    with pytest.raises(ConfigError, match=r"layers\.0\.mlp\.up_proj: the forward of this Linear was replaced"):
        deploy(model, chip_of(integers(8)))


@torch.no_grad()
def test_a_computed_weight_stays_digital(chip_of, integers):
    model = llama()
    nn.utils.parametrizations.weight_norm(model.model.layers[0].mlp.up_proj)
    wanted = model(tokens()).logits
    deploy(model, chip_of(integers(18)))
    assert torch.allclose(model(tokens()).logits, wanted, atol=1e-4)
    left = next(one for one in deployment_of(model).digital if one.module == "model.layers.0.mlp.up_proj")
    assert left.why == "a parametrization computes its weight"


@torch.no_grad()
def test_attention_shares_can_be_asked_for(chip_of, integers):
    model = llama(attn_implementation="eager")
    wanted = model(tokens(), output_attentions=True).attentions
    deploy(model, chip_of(integers(18), integers(18)))
    for found, share in zip(model(tokens(), output_attentions=True).attentions, wanted, strict=True):
        assert torch.allclose(found, share, atol=1e-4)


@torch.no_grad()
def test_half_precision_models_keep_their_type(chip_of, integers):
    model = llama().to(torch.bfloat16)
    wanted = model(tokens()).logits
    deploy(model, chip_of(integers(12), integers(12)))
    found = model(tokens()).logits
    assert found.dtype == torch.bfloat16
    assert float((found - wanted).abs().max()) < 0.1 * float(wanted.abs().max())
