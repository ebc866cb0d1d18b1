"""Deploying without keeping the digital weights: the same results, less memory, and refusals that say why."""

from __future__ import annotations

import copy
import re
from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Adc, BlockFloating, Cell, InputFormat, Rule, SharedExponent, Spread, WeightFormat
from bitline.verbs.age import age
from bitline.verbs.blueprint import Blueprint
from bitline.verbs.calibrate import calibrate
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.evaluate import evaluate, perplexity
from bitline.verbs.restore import digital, restore

SHAPE = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
GPT2 = {
    "vocab_size": 61,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
MODELS = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE)),
    "tied": lambda: LlamaForCausalLM(LlamaConfig(**SHAPE, tie_word_embeddings=True)),
    "gpt2": lambda: GPT2LMHeadModel(GPT2Config(**GPT2)),
    "mixtral": lambda: MixtralForCausalLM(
        MixtralConfig(**SHAPE, num_key_value_heads=2, num_local_experts=3, num_experts_per_tok=2)
    ),
}


def made(name: str) -> nn.Module:
    torch.manual_seed(0)
    return MODELS[name]().eval()


def tokens(rows: int = 3, length: int = 9) -> torch.Tensor:
    return torch.randint(3, 61, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def noisy(chip_of, analogs):
    stray = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.02))
    return chip_of(analogs(8, 16, cell=stray), analogs(8, 16, cell=stray))


@pytest.fixture
def folding(chip_of, analogs):
    stray = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.02))
    return chip_of(analogs(None, 16, cell=stray, adc=Adc()))


@pytest.mark.parametrize("name", MODELS)
@torch.no_grad()
def test_results_are_those_of_a_model_that_keeps_its_weights(name, noisy):
    wanted = deploy(made(name), noisy)(tokens()).logits
    model = deploy(made(name), noisy, keep_digital=False)
    assert torch.equal(model(tokens()).logits, wanted)
    assert torch.equal(copy.deepcopy(model)(tokens()).logits, wanted)
    shapes = {key: value.shape for key, value in made(name).named_parameters(remove_duplicate=False)}
    assert {key: value.shape for key, value in model.named_parameters(remove_duplicate=False)} == shapes


@pytest.mark.parametrize("name", MODELS)
def test_every_weight_on_the_chip_is_let_go_and_no_other(name, noisy):
    model = deploy(made(name), noisy, keep_digital=False)
    gone = {key for key, value in model.named_parameters(remove_duplicate=False) if value.is_meta}
    tables = [module.weight for module in model.modules() if isinstance(module, nn.Embedding)]
    assert gone
    assert not any(table.is_meta for table in tables)
    modules = deployment_of(model).let_go
    assert {key.rpartition(".")[0] for key in gone} == set(modules)
    assert model.lm_head.weight.is_meta
    for held in deployment_of(model).held.values():
        assert held.name.removesuffix(".in").removesuffix(".out") in modules or "gate" in held.name
        for matrix in held.matrices:
            assert matrix.weight.is_meta or "gate" in held.name


def test_what_needs_digital_weights_says_that_they_are_not_there(noisy, tmp_path):
    model = deploy(made("llama"), noisy, keep_digital=False)
    given = torch.randn(1, 3, 32, requires_grad=True)
    for refused in (
        lambda: restore(model), lambda: digital(model).__enter__(), lambda: deploy(model, noisy),
        lambda: age(model, 10.0), lambda: model.state_dict(), lambda: model.save_pretrained(tmp_path),
        lambda: calibrate(model, tokens(), window=9), lambda: evaluate(model, tokens(), window=9),
        lambda: model(inputs_embeds=given).logits.sum().backward(),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=r"digital weights were let go.*keep_digital = True"):
            refused()
    with torch.no_grad():
        assert bool(torch.isfinite(model(tokens()).logits).all())


@torch.no_grad()
def test_weights_that_are_loaded_again_are_followed(folding):
    model = deploy(made("llama"), folding, keep_digital=False)
    first = model(tokens()).logits
    for name, parameter in made("llama").named_parameters():
        module, _, last = name.rpartition(".")
        setattr(model.get_submodule(module), last, parameter)
    assert torch.equal(model(tokens()).logits, first)
    model.lm_head.weight.mul_(2.0)
    assert not torch.equal(model(tokens()).logits, first)


def test_a_model_whose_weights_were_let_go_is_scored(folding):
    stay = perplexity(deploy(made("gpt2"), folding), tokens(4, 30), window=30)
    assert perplexity(deploy(made("gpt2"), folding, keep_digital=False), tokens(4, 30), window=30) == stay


def spoilt(name: str) -> nn.Module:
    model = made(name)
    with torch.no_grad():
        list(model.modules())[-1].weight[0, 0] = torch.nan
    return model


def test_what_is_refused_is_refused_before_anything_is_let_go(noisy, chip_of, analogs):
    """The last layer cannot be programmed: those before it must not be lost."""
    model = spoilt("llama")
    with pytest.raises(DataError, match="lm_head: its weights hold NaN") as refused:
        deploy(model, noisy, keep_digital=False)
    assert not getattr(refused.value, "__notes__", [])
    assert not any(parameter.is_meta for parameter in model.parameters())
    model = made("llama")
    wide = chip_of(analogs(8, 16, cell=Cell(technology="reram", bits=2)))
    # The plan is sound for every layer but the last, whose converter has too few codes.
    narrow = Rule(operators=("lm_head",), engine="narrow")
    chip = replace(
        wide, engines={**wide.engines, "narrow": type(wide.engines["weights"])(numbers=analogs(3, 16))},
        placement=(narrow, *wide.placement),
    )  # fmt: skip
    before = model.state_dict()
    with pytest.raises(ConfigError, match="lm_head: plan = 'lossless' is not exact here"):
        deploy(model, chip, plan="lossless", keep_digital=False)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert deploy(model, noisy, keep_digital=False)(tokens()).logits.isfinite().all()


def test_an_interrupt_says_that_the_model_is_incomplete(noisy, monkeypatch):
    model, programmed = made("llama"), Blueprint.programmed
    calls = []

    def interrupted(self, job):
        calls.append(job.name)
        if len(calls) == 4:
            raise MemoryError
        return programmed(self, job)

    monkeypatch.setattr(Blueprint, "programmed", interrupted)
    with pytest.raises(MemoryError) as caught:
        deploy(model, noisy, keep_digital=False)
    (note,) = caught.value.__notes__
    assert re.search(r"incomplete: the digital weights of .*q_proj.* were let go before this.* Load the model", note)
    with pytest.raises(ConfigError, match="is not deployed"):
        deployment_of(model)
    with pytest.raises(ConfigError, match="has no weights"):
        deploy(model, noisy)
    model = made("llama")
    calls.clear()
    with pytest.raises(MemoryError) as caught:
        deploy(model, noisy)
    assert not getattr(caught.value, "__notes__", [])


def test_key_sizes_are_read_before_weights_are_let_go(chip_of, analogs):
    blocks = BlockFloating(
        weight=WeightFormat(bits=4), input=InputFormat(bits=8), exponent=SharedExponent(values=4, key_order="weights")
    )
    chip = chip_of(analogs(8, 16), blocks)
    wanted = deploy(made("llama"), chip)(tokens()).logits
    assert torch.equal(deploy(made("llama"), chip, keep_digital=False)(tokens()).logits, wanted)
