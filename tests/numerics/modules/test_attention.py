"""The attention hook on its own: what it computes, what it leaves out, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, Floating, InputFormat, Integer, WeightFormat
from bitline.numerics.modules import attention
from bitline.numerics.modules.attention import PRODUCTS, Products, attend
from bitline.numerics.modules.interception import caught_attention

PLAIN = Products(scores=Floating(), context=Floating(), name="layer.attention", key=(0, "layer.attention"))
EIGHT = Integer(weight=WeightFormat(bits=8), input=InputFormat(bits=8))


class Plain(nn.Module):
    """An attention module of a family whose file has no eager function to compare with."""


def module(products=PLAIN, kind=Plain):
    made = kind().eval()
    setattr(made, PRODUCTS, products)
    return made


def operands(m=5, t=9, heads=4, kv_heads=2, d=8, value_d=6):
    rng = torch.Generator().manual_seed(0)
    sizes = ((2, heads, m, d), (2, kv_heads, t, d), (2, kv_heads, t, value_d))
    query, key, value = (torch.randn(size, generator=rng) for size in sizes)
    seen = torch.ones(m, t, dtype=torch.bool).tril(t - m)
    mask = torch.zeros(2, 1, m, t).masked_fill(~seen, torch.finfo(torch.float32).min)
    return query, key, value, mask


def reference(query, key, value, mask, scale):
    repeat = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(repeat, 1), value.repeat_interleave(repeat, 1)
    shares = (query @ key.transpose(-1, -2) * scale + mask).softmax(-1)
    return (shares @ value).transpose(1, 2), shares


def test_floating_products_give_eager_attention_with_grouped_heads():
    query, key, value, mask = operands()
    out, shares = attend(module(), query, key, value, mask, scaling=0.3)
    wanted, wanted_shares = reference(query, key, value, mask, 0.3)
    assert torch.allclose(out, wanted, atol=1e-6)
    assert torch.allclose(shares, wanted_shares, atol=1e-6)
    default, _ = attend(module(), query, key, value, mask)
    assert torch.allclose(default, reference(query, key, value, mask, 8**-0.5)[0], atol=1e-6)


def test_empty_slots_of_a_static_cache_are_not_on_the_chip():
    query, key, value, mask = operands()
    wanted, _ = attend(module(replace(PLAIN, scores=EIGHT, context=EIGHT)), query, key, value, mask)
    pad = lambda x: nn.functional.pad(x, (0, 0, 0, 7), value=float("nan"))  # noqa: E731
    longer = nn.functional.pad(mask, (0, 7), value=torch.finfo(torch.float32).min)
    watched = replace(PLAIN, scores=EIGHT, context=EIGHT)
    found, shares = attend(module(watched), query, pad(key), pad(value), longer)
    assert torch.equal(found, wanted)
    assert shares.shape == (2, 4, 5, 16)
    assert not shares[..., 9:].any()


def test_eight_bits_are_near_and_analog_converters_further():
    query, key, value, mask = operands(m=6, t=40, d=32, value_d=32)
    coarse = Analog(
        weight=WeightFormat(bits=8), input=InputFormat(bits=8), cell=Cell(technology="sram", bits=1),
        array=Array(rows=32, columns=32), adc=Adc(bits=3),
    )  # fmt: skip
    wanted = reference(query, key, value, mask, 32**-0.5)[0]
    gaps = []
    for arithmetic in (EIGHT, coarse):
        out, _ = attend(module(replace(PLAIN, scores=arithmetic, context=arithmetic)), query, key, value, mask)
        gaps.append(float((out - wanted).std() / wanted.std()))
    assert 0 < gaps[0] < 0.02 < gaps[1]


def test_a_row_of_the_batch_does_not_feel_the_others():
    query, key, value, mask = operands()
    made = module(replace(PLAIN, scores=EIGHT, context=EIGHT))
    together, _ = attend(made, query, key, value, mask)
    for row in (0, 1):
        alone, _ = attend(made, *(x[row : row + 1] for x in (query, key, value, mask)))
        assert torch.equal(alone, together[row : row + 1])


def test_unknown_arguments_are_refused_by_name():
    query, key, value, mask = operands()
    options = {"scaling": 1.0, "use_cache": True, "sliding_window": 4, "position_ids": torch.arange(5), "novel": None}
    attend(module(), query, key, value, mask, **options)
    with pytest.raises(ConfigError, match=r"layer\.attention \(Plain\) passes novel, tree_bias to its attention"):
        attend(module(), query, key, value, mask, **{**options, "novel": 1, "tree_bias": torch.ones(1)})


def test_a_module_that_was_not_deployed_is_refused():
    with pytest.raises(ConfigError, match="Plain: attention is set to run on a chip, but was not deployed"):
        attend(Plain(), *operands())


class Different(nn.Module):
    """Of a family whose own eager attention does something that it does not say in its arguments."""


def eager_attention_forward(module, query, key, value, attention_mask, scaling=None, **kwargs):
    if isinstance(module, Different):
        query = 2 * query
    out, shares = reference(query, key, value, attention_mask, scaling)
    return out, shares


def test_a_family_that_does_more_is_refused(monkeypatch):
    import sys
    from types import ModuleType

    own = ModuleType("modeling_different")
    own.eager_attention_forward = eager_attention_forward
    monkeypatch.setitem(sys.modules, own.__name__, own)
    monkeypatch.setattr(Different, "__module__", own.__name__)
    monkeypatch.setattr(Plain, "__module__", own.__name__)
    attend(module(kind=Plain), *operands(), scaling=1.0)
    products = replace(PLAIN, compared=[])
    with pytest.raises(ConfigError, match=r"layer\.attention: Different does more than softmax attention"):
        attend(module(products, Different), *operands(), scaling=1.0)


def test_gradients_pass_through():
    query, key, value, mask = operands()
    for one in (query, key, value):
        one.requires_grad_()
    out, _ = attend(module(replace(PLAIN, scores=EIGHT, context=EIGHT)), query, key, value, mask)
    out.square().sum().backward()
    grads = [one.grad.clone() for one in (query, key, value)]
    for one in (query, key, value):
        one.grad = None
    reference(query, key, value, mask, 8**-0.5)[0].square().sum().backward()
    for found, one in zip(grads, (query, key, value), strict=True):
        assert torch.allclose(found, one.grad, atol=0.05 * float(one.grad.abs().max()))


class Written(nn.Module):
    """Attention in a model's own words, with as many softmaxes as asked."""

    def __init__(self, softmaxes=1, fused=False):
        super().__init__()
        self.softmaxes, self.fused = softmaxes, fused

    def forward(self, query, key, value, mask):
        if self.fused:
            return nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=0.3)
        scores = query @ key.transpose(-1, -2) * 0.3 + mask
        for _ in range(self.softmaxes):
            scores = nn.functional.softmax(scores, dim=-1)
        return torch.matmul(scores, value)


def caught(*args):
    made = Written(*args)
    setattr(made, PRODUCTS, replace(PLAIN, scores=EIGHT, context=EIGHT))
    made.__class__ = caught_attention(Written)
    return made


@pytest.mark.parametrize("fused", [False, True])
def test_written_attention_is_caught(fused):
    query, key, value, mask = operands(kv_heads=4)
    wanted = Written()(query, key, value, mask)
    found = caught(1, fused)(query, key, value, mask)
    assert 0 < float((found - wanted).abs().max()) < 0.1
    assert torch.allclose(found.transpose(1, 2), attend(
        module(replace(PLAIN, scores=EIGHT, context=EIGHT)), query, key, value, mask, scaling=0.3
    )[0])  # fmt: skip


@pytest.mark.parametrize("softmaxes", [0, 2])
def test_written_attention_of_another_shape_is_refused(softmaxes):
    query, key, value, mask = operands(kv_heads=4)
    with pytest.raises(ConfigError, match=r"layer\.attention: this attention cannot run on a chip: it computes"):
        caught(softmaxes)(query, key, value, mask)


def test_registering_twice_changes_nothing():
    attention.register()
    attention.register()
    from transformers.masking_utils import AttentionMaskInterface, eager_mask

    assert AttentionMaskInterface()[attention.NAME] is eager_mask
