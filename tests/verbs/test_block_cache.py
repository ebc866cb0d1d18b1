"""Models whose keys and values are kept in block floating point, with and without sorted channels."""

from __future__ import annotations

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from bitline.errors import ConfigError
from bitline.hardware import BlockFloating, Floating, InputFormat, Rule, SharedExponent, WeightFormat
from bitline.numerics.modules.attention import PRODUCTS
from bitline.verbs.calibrate import calibrate, load_calibration, save_calibration
from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.evaluate import perplexity
from bitline.verbs.restore import restore

torch.set_num_threads(1)
D = 32
DECODER = {
    "vocab_size": 61, "hidden_size": 64, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4,
    "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0,
}  # fmt: skip
GROUPED = {**DECODER, "num_key_value_heads": 2, "head_dim": D}


def blocks(values: int, order: str = "model", held: int = 4) -> BlockFloating:
    exponent = SharedExponent(values=values, key_order=order)
    return BlockFloating(weight=WeightFormat(bits=held), input=InputFormat(bits=8), exponent=exponent)


def llama():
    return LlamaForCausalLM(LlamaConfig(**GROUPED, attention_bias=True))


def llama_mha():
    return LlamaForCausalLM(LlamaConfig(**{**GROUPED, "num_key_value_heads": 4}))


def qwen3():
    return Qwen3ForCausalLM(Qwen3Config(**GROUPED))


def phi3():
    return Phi3ForCausalLM(Phi3Config(**{**GROUPED, "hidden_size": 4 * D}))


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=61, n_embd=4 * D, n_layer=2, n_head=4, n_positions=64))


def bert():
    shape = {**DECODER, "hidden_size": 4 * D}
    return BertForMaskedLM(BertConfig(**shape))


FAMILIES = {"llama": llama, "llama_mha": llama_mha, "qwen3": qwen3, "phi3": phi3, "gpt2": gpt2, "bert": bert}


def made(family: str, seed: int = 0):
    """Make a model whose key channels differ in size, as those of trained models do."""
    torch.manual_seed(seed)
    model = FAMILIES[family]().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                parameter.normal_(0.0, 0.1)
            elif name.endswith("bias"):
                parameter.normal_(0.0, 0.02)
            elif "k_norm" in name:
                parameter.uniform_(0.3, 3.0)
            if "k_proj" in name or ".key." in name:
                parameter.mul_(torch.exp(torch.randn(len(parameter))).view(-1, *[1] * (parameter.dim() - 1)))
            if "c_attn" in name or "qkv_proj" in name:
                parameter.mul_(torch.exp(0.5 * torch.randn(parameter.shape[-1 if "c_attn" in name else 0])).view(
                    *([-1] if parameter.dim() == 1 else [1, -1] if "c_attn" in name else [-1, 1])))  # fmt: skip
    return model


def tokens(rows: int = 3, length: int = 17) -> torch.Tensor:
    return torch.randint(3, 61, (rows, length), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def on(chip_of):
    return lambda form: chip_of(Floating(), form)


@torch.no_grad()
@pytest.mark.parametrize("family", FAMILIES)
def test_one_block_for_a_head_gives_the_same_logits_bit_for_bit_in_any_order(on, family):
    model = made(family)
    plain = deploy(model, on(blocks(D)))(tokens()).logits
    by_weights = deploy(model, on(blocks(D, "weights")))(tokens()).logits
    assert torch.equal(by_weights, plain)
    deploy(model, on(blocks(D, "measured")))
    assert torch.equal(model(tokens()).logits, plain)
    assert calibrate(model, tokens().flatten(), window=17) == ()
    assert torch.equal(model(tokens()).logits, plain)


@torch.no_grad()
@pytest.mark.parametrize("family", FAMILIES)
def test_before_rounding_no_order_changes_a_bit(on, family):
    model = made(family)
    wanted = model(tokens()).logits
    deploy(model, on(blocks(8, "weights")))
    for module in model.modules():
        products = module.__dict__.get(PRODUCTS)
        if products is not None:
            assert products.keys is not None
    assert not torch.equal(model(tokens()).logits, wanted)
    assert torch.equal(restore(model)(tokens()).logits, wanted)


@torch.no_grad()
def with_outliers(family: str, seed: int):
    """Make four channels of every head large in keys and small in queries; halves that turn together alike."""
    torch.manual_seed(seed)
    model = FAMILIES[family]().eval()
    size = torch.ones(D)
    size[[1, 10, 17, 26]] = 16.0
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2:
            parameter.normal_(0.0, 0.1)
        for part, factor in (("k_norm", size), ("q_norm", 1 / size)) if family == "qwen3" else ():
            parameter.mul_(factor if part in name else 1.0)
        for part, factor in (("k_proj", size), ("q_proj", 1 / size)) if family == "llama" else ():
            parameter.mul_(factor.repeat(len(parameter) // D)[:, None] if part + ".weight" in name else 1.0)
        if "c_attn.weight" in name:
            parameter.mul_(torch.cat([(1 / size).repeat(4), size.repeat(4), torch.ones(4 * D)]))
    return model


@torch.no_grad()
@pytest.mark.parametrize("family", ["llama", "qwen3", "gpt2"])
def test_sorting_helps_where_outliers_stand_in_every_block(chip_of, family):
    gaps = {"model": 0.0, "weights": 0.0, "measured": 0.0}
    for seed in range(2):
        model = with_outliers(family, seed)
        wanted = model(tokens()).logits
        for order in gaps:
            rules = (Rule(operators=("context",), engine="rest"),)
            deploy(model, chip_of(Floating(), blocks(8, order), rules=rules))
            calibrate(model, tokens(8).flatten(), window=17)
            gaps[order] += float((model(tokens()).logits - wanted).square().mean())
            restore(model)
    assert gaps["weights"] < 0.5 * gaps["model"]
    assert gaps["measured"] < 0.5 * gaps["model"]


@torch.no_grad()
@pytest.mark.parametrize("order", ["model", "weights"])
def test_a_cache_gives_what_a_prefill_gives_and_rows_stand_alone(chip_of, integers, order):
    model = deploy(made("llama"), chip_of(integers(8), blocks(8, order)))
    whole = model(tokens()).logits
    for row in range(3):
        assert torch.equal(model(tokens()[row : row + 1]).logits, whole[row : row + 1])
    first = model(tokens()[:, :11], use_cache=True)
    rest = model(tokens()[:, 11:], past_key_values=first.past_key_values).logits
    assert torch.equal(rest, whole[:, 11:])


def test_the_deployment_says_how_attention_is_computed(on):
    found = deployment_of(deploy(made("llama"), on(blocks(8, "weights")))).on_chip
    assert {(part.roles, part.plan) for part in found} == {(("scores",), "lossless"), (("context",), "lossless")}
    assert "mantissas" in found[0].why


@torch.no_grad()
def test_measured_orders_are_saved_and_loaded_bit_for_bit(on, tmp_path):
    chip = on(blocks(8, "measured"))
    model = deploy(made("llama"), chip)
    assert deployment_of(model).learns
    before = model(tokens()).logits
    calibrate(model, tokens(6).flatten(), window=17)
    after = model(tokens()).logits
    assert not torch.equal(after, before)
    save_calibration(model, tmp_path / "ranges.safetensors")
    again = deploy(made("llama"), chip)
    assert torch.equal(again(tokens()).logits, before)
    load_calibration(again, tmp_path / "ranges.safetensors")
    assert torch.equal(again(tokens()).logits, after)


def test_gradients_are_those_of_the_digital_products(on):
    model = deploy(made("llama"), on(blocks(8, "weights")))
    model(tokens()).logits.square().mean().backward()
    weight = model.model.layers[0].self_attn.k_proj.weight
    assert torch.isfinite(weight.grad).all()
    assert weight.grad.abs().max() > 0


def test_weights_on_an_engine_of_blocks_are_refused(chip_of):
    with pytest.raises(ConfigError, match="whose blocks share an exponent"):
        deploy(made("llama"), chip_of(blocks(8)))


def test_an_order_that_cannot_be_known_is_refused(on):
    torch.manual_seed(0)
    config = GPTNeoXConfig(**{**DECODER, "hidden_size": 4 * D})
    model = GPTNeoXForCausalLM(config).eval()
    with pytest.raises(ConfigError, match=r"key_order = 'weights' needs the rows .* Allowed: 'measured', 'model'"):
        deploy(model, on(blocks(8, "weights")))
    with torch.no_grad():
        deploy(model, on(blocks(8, "measured")))
        before = model(tokens()).logits
        calibrate(model, tokens().flatten(), window=17)
        assert not torch.equal(model(tokens()).logits, before)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "d"), [("stories260k", 8), ("babyllama105", 16)])
def test_stories_with_keys_in_blocks(chip_of, shared, name, d):
    found = load_checkpoint(shared / "data" / name)
    texts = (shared / "data/tinystories/stories.txt").read_text().split("<|endoftext|>")
    stories = found.documents(texts[:40])

    def score(form) -> float:
        chip = chip_of(Floating(), form, rules=(Rule(operators=("context",), engine="rest"),))
        return perplexity(deploy(found.model, chip), stories).perplexity

    digital = perplexity(found.model, stories).perplexity
    whole = score(blocks(d))
    assert score(blocks(d, "weights")) == whole  # one block for a head: nothing to gain, to the last bit
    small, smaller = score(blocks(d // 2)), score(blocks(d // 4))
    assert digital < smaller < small < whole
    assert score(blocks(d, held=8)) == pytest.approx(digital, rel=0.02)
