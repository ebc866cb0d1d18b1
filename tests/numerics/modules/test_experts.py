"""Experts on a chip against transformers' own loop over them."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GptOssConfig, MixtralConfig
from transformers.models.gpt_oss.modeling_gpt_oss import GptOssExperts
from transformers.models.mixtral.modeling_mixtral import MixtralExperts

from bitline.errors import ConfigError
from bitline.hardware import InputFormat, Integer, WeightFormat
from bitline.numerics.modules import experts
from bitline.numerics.modules.experts import EXPERTS, experts_forward
from bitline.numerics.modules.held import Held

SHAPE = {
    "hidden_size": 16, "intermediate_size": 24, "num_local_experts": 4, "num_experts_per_tok": 2, "vocab_size": 8,
}  # fmt: skip


def build(kind, bits=18, plain=False):
    torch.manual_seed(0)
    config = (GptOssConfig if kind is GptOssExperts else MixtralConfig)(**SHAPE)
    config._experts_implementation = "eager"
    module = kind(config).eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0.0, 0.3)
    if plain:
        return module
    arithmetic = Integer(weight=WeightFormat(bits=bits), input=InputFormat(bits=bits))
    sides = {"in": experts.inward(module), "out": experts.outward(module)}
    held = {side: Held(weights, arithmetic, name=side, key=(0, side), plan="auto") for side, weights in sides.items()}
    setattr(module, EXPERTS, held)
    return module


def routed(tokens=10):
    rng = torch.Generator().manual_seed(1)
    hidden = torch.randn(tokens, 16, generator=rng)
    scores = torch.rand(tokens, 4, generator=rng)
    weights, index = scores.topk(2)
    return hidden, index, weights


@pytest.mark.parametrize("kind", [MixtralExperts, GptOssExperts])
@torch.no_grad()
def test_experts_equal_those_of_transformers(kind):
    wanted = build(kind, plain=True)(*routed())
    found = experts_forward(build(kind), *routed())
    assert torch.allclose(found, wanted, atol=2e-4 * float(wanted.abs().max()))
    coarse = experts_forward(build(kind, 4), *routed())
    assert not torch.allclose(coarse, wanted, atol=2e-2 * float(wanted.abs().max()))


MIXTRAL = build(MixtralExperts, 8)


@given(cut=st.integers(1, 9))
@torch.no_grad()
def test_any_split_of_a_batch_gives_the_same_bits(cut):
    hidden, index, weights = routed()
    together = experts_forward(MIXTRAL, hidden, index, weights)
    parts = [
        experts_forward(MIXTRAL, hidden[part], index[part], weights[part]) for part in (slice(cut), slice(cut, 10))
    ]
    assert torch.equal(torch.cat(parts), together)


def test_each_expert_has_cells_of_its_own():
    names = [name for held in getattr(MIXTRAL, EXPERTS).values() for name, _ in held.named()]
    assert names == [f"{side}.{expert}" for side in ("in", "out") for expert in range(4)]
    keys = {matrix.key for held in getattr(MIXTRAL, EXPERTS).values() for matrix in held.matrices}
    assert len(keys) == 8


def test_gradients_reach_the_input():
    hidden, index, weights = routed()
    hidden.requires_grad_()
    experts_forward(build(MixtralExperts, 8), hidden, index, weights).square().sum().backward()
    found = hidden.grad.clone()
    hidden.grad = None
    build(MixtralExperts, plain=True)(hidden, index, weights).square().sum().backward()
    assert torch.allclose(found, hidden.grad, atol=0.1 * float(hidden.grad.abs().max()))


def test_what_cannot_be_done_is_refused():
    with pytest.raises(ConfigError, match="MixtralExperts: experts are set to run on a chip, but none was programmed"):
        experts_forward(build(MixtralExperts, plain=True), *routed())
    spread = build(MixtralExperts)
    spread._is_expert_parallel = True
    with pytest.raises(ConfigError, match="spread over several processes"):
        experts_forward(spread, *routed())


def test_the_registry_is_known_by_its_marks():
    assert experts.in_registry(MIXTRAL)
    assert not experts.in_registry(torch.nn.Linear(2, 2))
