"""Every family comes back from its chip bit for bit, with every object it had."""

from __future__ import annotations

import pytest
import torch
from transformers import CONFIG_MAPPING, MODEL_FOR_CAUSAL_LM_MAPPING

from bitline.verbs.deploy import deploy
from bitline.verbs.restore import digital, restore

SMALL = {
    "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "num_local_experts": 4, "num_experts_per_tok": 2, "head_dim": 8,
}  # fmt: skip
GPT = {
    "vocab_size": 61,
    "n_embd": 32,
    "n_layer": 1,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
BLOOM = {"vocab_size": 61, "hidden_size": 32, "n_layer": 1, "n_head": 4}


def state(model):
    """Everything about a model that deploying could have changed."""
    return [
        (type(module), {name: id(value) for name, value in vars(module).items() if name not in ("training",)})
        for module in model.modules()
    ] + [(name, id(value), value.clone()) for name, value in model.named_parameters()]


def same(left, right):
    return all(
        all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in zip(x, y, strict=True))
        for x, y in zip(left, right, strict=True)
    )


@pytest.mark.parametrize(
    ("name", "changes"), [("llama", SMALL), ("gpt2", GPT), ("mixtral", SMALL), ("gpt_oss", SMALL), ("bloom", BLOOM)]
)
@torch.no_grad()
def test_nothing_is_left_behind(name, changes, chip_of, integers):
    torch.manual_seed(0)
    config = CONFIG_MAPPING[name](**changes)
    model = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)](config).eval()
    tokens = torch.randint(3, 61, (2, 9))
    wanted = model(tokens).logits
    before, words = state(model), model.config.to_dict()
    attention, experts = model.config._attn_implementation, model.config._experts_implementation
    coarse = integers(4)
    deploy(model, chip_of(coarse, coarse, coarse))
    assert not torch.equal(model(tokens).logits, wanted)
    with digital(model):
        assert torch.equal(model(tokens).logits, wanted)
    restore(model)
    assert same(state(model), before)
    assert model.config.to_dict() == words
    assert (model.config._attn_implementation, model.config._experts_implementation) == (attention, experts)
    assert torch.equal(model(tokens).logits, wanted)


@torch.no_grad()
def test_an_error_on_the_way_leaves_the_chip_on(chip_of, integers):
    torch.manual_seed(0)
    config = CONFIG_MAPPING["llama"](**SMALL)
    model = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)](config).eval()
    tokens = torch.randint(3, 61, (2, 9))
    deploy(model, chip_of(integers(4)))
    here = model(tokens).logits
    with pytest.raises(KeyError), digital(model):
        raise KeyError
    assert torch.equal(model(tokens).logits, here)
