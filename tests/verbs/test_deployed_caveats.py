"""Plan `statistical` says what it stands on where that is not what was measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bitline.hardware import Adc, Cell, Devices, Drift, PowerDrift, Spread
from bitline.hardware.law import Law, Piece
from bitline.verbs.age import age
from bitline.verbs.calibrate import calibrate
from bitline.verbs.deploy import deploy
from bitline.verbs.deployed_caveats import deployed_caveats
from bitline.verbs.deployment import deployment_of
from bitline.verbs.evaluate import evaluate

SHAPE = {
    "vocab_size": 31, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 32, "initializer_range": 0.3,
}  # fmt: skip
TEXT = torch.randint(0, 31, (64,), generator=torch.Generator().manual_seed(1))
DRIFT = Drift(power=PowerDrift(exponent_mean=Law(pieces=(Piece(coefficients=(0.05,)),)), since_s=20.0))
PCM = Cell(technology="pcm", bits=2, programming_noise=Spread(sigma_fraction=0.02), drift=DRIFT)


def small():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()


def said(model):
    return deployed_caveats(deployment_of(model))


@pytest.fixture
def chip(chip_of, analogs):
    return chip_of(analogs(4, 16, cell=PCM))


def test_statistics_without_examples_are_assumptions(chip):
    model = deploy(small(), chip, plan="statistical")
    (one,) = said(model)
    assert "lm_head" in one
    assert "was not calibrated: its errors are derived for inputs of which every digit is equally likely" in one
    assert evaluate(model, TEXT, window=16).caveats == (one,)
    calibrate(model, TEXT, window=16)
    assert said(model) == ()
    assert evaluate(model, TEXT, window=16).caveats == ()
    assert said(deploy(small(), chip)) == (), "plan auto simulates"


@pytest.mark.parametrize(
    "adc", [{"inl_codes": (0.0, 0.5)}, {"offset_spread_codes": 0.5}, {"gain_spread_fraction": 0.1}]
)
def test_what_converters_stray_by_is_left_out(chip_of, analogs, adc):
    model = deploy(small(), chip_of(analogs(4, 16, adc=Adc(bits=4, **adc))), plan="statistical")
    (one,) = said(model)
    assert "offsets, gains and non-linearity of its converters are left out" in one
    calibrate(model, TEXT, window=16)
    assert said(model) == ()


def test_statistics_do_not_grow_older(chip):
    model = deploy(small(), chip, plan="statistical")
    calibrate(model, TEXT, window=16)
    age(model, 1e6)
    (one,) = said(model)
    assert "was calibrated at another age" in one
    age(model, 0.0)
    assert said(model) == ()
    age(model, 1e6)
    calibrate(model, TEXT, window=16)
    assert said(model) == ()


def test_a_group_of_devices_would_convert_other_sums(chip):
    group = replace(chip, devices=Devices(tensor=2))
    (one,) = said(deploy(small(), group))
    assert one.startswith("computed as on one device: ")
    assert "cuts matrices over 2" in one
    assert said(deploy(small(), replace(chip, devices=Devices(pipeline=2, expert=2)))) == ()
