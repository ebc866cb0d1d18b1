"""Models on processors that keep and multiply operands in few bits: one description for costs and for accuracy."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
)

import bitline as bl
from bitline.engines.gpu import Gpu
from bitline.errors import ConfigError
from bitline.hardware import Chip, Memory, Rule, Technology
from bitline.hardware.compression import Compression
from bitline.hardware.formats import ValueFormat
from bitline.numerics.formats.rounding import rounded
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.effects import EFFECTS, without
from bitline.verbs.evaluate import evaluate
from bitline.verbs.idealised import with_arithmetic
from bitline.verbs.restore import restore

torch.set_num_threads(1)
BOARD = Gpu(dense_macs_per_s={"fp16": 1e12, "int8": 2e12, "fp8": 2e12}, memory="main")
SCALES = Compression(shared_bits=16, shared_by=32)
ZEROS = Compression(shared_bits=32, shared_by=32)
FORMATS = {
    "w8a8": {"format": "int8", "bits": 8},
    "w4a16": {"weight_bits": 4, "weight_compression": SCALES},
    "w2 2:4, kv4": {
        "format": "int8", "bits": 8, "weight_bits": 2, "cache_bits": 4,
        "weight_compression": replace(ZEROS, kept=2, left_out=2), "cache_compression": ZEROS,
    },
    "kv4": {"cache_bits": 4},
    "kv8 blocks": {"cache_bits": 8, "cache_compression": Compression(shared_bits=8, shared_by=8)},
    "fp8": {"format": "fp8", "bits": 8},
}  # fmt: skip
SHAPE = {
    "vocab_size": 61, "hidden_size": 64, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip


def board(rules: tuple[Rule, ...] = (), **changes: object) -> Chip:
    memory = Memory(kind="dram", capacity_bytes=4e9, bandwidth_bytes_per_s=4.6e11, standard="hbm2")
    return Chip(
        name="board", technology=Technology(node_nm=16), engines={"gpu": replace(BOARD, **changes)},
        memories={"main": memory}, placement=(*rules, Rule(operators=("*",), engine="gpu")),
    )  # fmt: skip


def llama() -> LlamaForCausalLM:
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.normal_(0.0, 0.15)
    return model


def tokens(rows: int = 3, length: int = 17) -> torch.Tensor:
    return torch.randint(3, 61, (rows, length), generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("name", ["w8a8", "w2 2:4, kv4", "fp8", "all"])
def test_a_cache_gives_what_a_prefill_gives_and_rows_stand_alone(name):
    """Rows to the bit, where all products are of operands in few bits; a cache up to how torch adds up in a softmax."""
    everything = {"weight_bits": 4, "weight_compression": SCALES, "cache_bits": 4}
    model = deploy(llama(), board(**(everything if name == "all" else FORMATS[name])))
    whole = model(tokens()).logits
    for row in range(3):
        assert torch.equal(model(tokens()[row : row + 1]).logits, whole[row : row + 1])
    first = model(tokens()[:, :11], use_cache=True)
    rest = model(tokens()[:, 11:], past_key_values=first.past_key_values).logits
    assert torch.allclose(rest, whole[:, 11:], atol=2e-5)


@torch.no_grad()
def test_weights_alone_are_those_of_a_model_with_rounded_weights():
    wanted = llama()
    for name, module in wanted.named_modules():
        if isinstance(module, torch.nn.Linear):
            form = ValueFormat(bits=4, shared_by=32)
            module.weight.copy_(rounded(module.weight, form).values())
            assert "embed" not in name
    found = deploy(llama(), board(**FORMATS["w4a16"]))
    assert torch.allclose(found(tokens()).logits, wanted(tokens()).logits, atol=2e-3)
    assert not torch.allclose(found(tokens()).logits, llama()(tokens()).logits, atol=2e-1)


@torch.no_grad()
@pytest.mark.parametrize("name", FORMATS)
def test_a_model_comes_back_bit_for_bit(name):
    model = llama()
    wanted = model(tokens()).logits
    deploy(model, board(**FORMATS[name]))
    assert not torch.equal(model(tokens()).logits, wanted)
    assert torch.equal(restore(model)(tokens()).logits, wanted)
    assert torch.equal(deploy(model, board())(tokens()).logits, wanted), "plain fp16 stays what it was"


def test_the_deployment_lists_what_is_rounded_and_how():
    deployment = deployment_of(deploy(llama(), board(**FORMATS["kv4"])))
    assert {one.roles for one in deployment.on_chip} == {("scores",), ("context",)}
    assert {one.why for one in deployment.on_chip} == {
        "keys and values kept as 4-bit integers with a scale for each row: added up exactly"
    }
    deployment = deployment_of(deploy(llama(), board(**FORMATS["w4a16"])))
    assert {one.plan for one in deployment.on_chip} == {"fold"}
    assert {role for one in deployment.digital for role in one.roles} == {"scores", "context"}
    weights = 61 * 64 + 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 48)
    assert deployment.stored_bytes < 2.2 * weights
    assert not deployment.learns


def test_what_is_assumed_comes_with_the_accuracy():
    model = deploy(llama(), board(**FORMATS["w8a8"]))
    (told,) = evaluate(model, tokens().flatten(), window=17).caveats
    assert told.startswith(
        "engine 'gpu' rounds weights as 8-bit integers with a scale for each row, keys and values as"
    )
    plain = deploy(llama(), board())
    assert evaluate(plain, tokens().flatten(), window=17).caveats == ()


def test_tables_are_looked_up_as_they_are_and_that_is_told():
    named = Rule(operators=("embedding",), engine="gpu")
    deployment = deployment_of(deploy(llama(), board((named,), **FORMATS["w4a16"])))
    (told,) = [one.why for one in deployment.digital if "embedding" in one.roles]
    assert told == "engine 'gpu' looks up tables as the model has them"


@torch.no_grad()
def test_weights_can_be_let_go():
    wanted = deploy(llama(), board(**FORMATS["w4a16"]))(tokens()).logits
    lean = deploy(llama(), board(**FORMATS["w4a16"]), keep_digital=False)
    assert torch.equal(lean(tokens()).logits, wanted)


def test_gradients_are_those_of_the_digital_products():
    model = deploy(llama(), board(**FORMATS["w2 2:4, kv4"]))
    model(tokens()).logits.square().mean().backward()
    assert model.model.layers[0].self_attn.k_proj.weight.grad.abs().max() > 0


@torch.no_grad()
@pytest.mark.parametrize("family", ["gpt2", "bloom", "mixtral"])
def test_other_families(family):
    torch.manual_seed(0)
    made = {
        "gpt2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=61, n_embd=64, n_layer=2, n_head=4, n_positions=64)),
        "bloom": lambda: BloomForCausalLM(BloomConfig(vocab_size=61, hidden_size=64, n_layer=2, n_head=4)),
        "mixtral": lambda: MixtralForCausalLM(MixtralConfig(**SHAPE, num_local_experts=4, num_experts_per_tok=2)),
    }[family]
    model = made().eval()
    wanted = model(tokens()).logits
    for name, most in (("w8a8", 0.05), ("w2 2:4, kv4", 1.5)):
        found = deploy(model, board(**FORMATS[name]))(tokens()).logits
        assert 0 < (found - wanted).norm() < most * wanted.norm()
        restore(model)


def test_engines_that_share_weights_may_keep_keys_differently():
    others = {"gpu": replace(BOARD, weight_bits=4), "cached": replace(BOARD, weight_bits=4, cache_bits=4)}
    shared = Rule(operators=("up", "down"), engine="gpu", beside_fraction={"cached": 0.5})
    chip = replace(board((Rule(operators=("scores", "context"), engine="cached"), shared)), engines=others)
    found = deployment_of(deploy(llama(), chip)).on_chip
    assert {one.engine for one in found if "up" in one.roles} == {"gpu"}
    assert {one.engine for one in found if "scores" in one.roles} == {"cached"}
    unlike = replace(chip, engines=others | {"cached": replace(BOARD, weight_bits=8, cache_bits=4)})
    with pytest.raises(ConfigError, match="whose arithmetic differs"):
        deploy(llama(), unlike)


def test_sensitivity_can_switch_formats_off():
    chip = board(**FORMATS["w2 2:4, kv4"])
    inputs, weights = ([one for one in EFFECTS if one.name == name] for name in ("inputs", "weights"))
    numbers = chip.engines["gpu"].arithmetic()
    assert without(numbers, inputs).formats.input is None
    assert without(numbers, inputs).formats.weight == numbers.formats.weight
    assert without(numbers, weights).formats.cache is None
    plain = with_arithmetic(chip, lambda one: without(one, [*inputs, *weights]))
    model = llama()
    wanted = model(tokens()).logits
    assert torch.equal(deploy(model, plain)(tokens()).logits, wanted)


@torch.no_grad()
def test_inputs_alone_can_be_rounded():
    """Weights switched off for sensitivity: what is left is rounding of what moves."""
    chip = board(**FORMATS["w8a8"])
    weights = [one for one in EFFECTS if one.name == "weights"]
    model = llama()
    wanted = model(tokens()).logits
    both = deploy(model, chip)(tokens()).logits
    restore(model)
    one = deploy(model, with_arithmetic(chip, lambda numbers: without(numbers, weights)))(tokens()).logits
    assert 0 < (one - wanted).norm() < (both - wanted).norm() < 0.1 * wanted.norm()


def test_one_description_gives_both():
    plain, narrow = (board(**changes) for changes in ({}, FORMATS["w4a16"]))
    request = bl.Request(prompt=16, generate=8)
    costs = [bl.estimate("llama-2-7b", replace(one, memories={"main": big(one)}), request) for one in (plain, narrow)]
    assert costs[1].mean_time_per_token_s < 0.4 * costs[0].mean_time_per_token_s
    assert not [told for told in costs[1].warnings if "accuracy" in told]


def big(chip: Chip) -> Memory:
    return replace(chip.memories["main"], capacity_bytes=8e10)
