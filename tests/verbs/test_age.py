"""Ageing a deployed model."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bitline import age, deploy
from bitline.engines.crossbar import Crossbar
from bitline.engines.vector import VectorLanes
from bitline.errors import ConfigError
from bitline.hardware import (
    Adc,
    Array,
    Cell,
    Chip,
    Correction,
    Drift,
    InputFormat,
    Law,
    Piece,
    PowerDrift,
    ReadDisturb,
    Rule,
    Spread,
    Technology,
    Temperature,
    WeightFormat,
)  # fmt: skip
from bitline.verbs.deployment import deployment_of

torch.set_num_threads(1)
YEAR_S = 365.25 * 86400.0


def chip(drift: str = "none", **cell) -> Chip:
    law = Law(pieces=(Piece(coefficients=(0.06,)),))
    spread = Law(pieces=(Piece(coefficients=(0.01,)),))
    pcm = Cell(
        technology="pcm", bits=7, g_max_siemens=25e-6, programming_noise=Spread(sigma_fraction=0.02),
        drift=Drift(power=PowerDrift(exponent_mean=law, exponent_sigma=spread, since_s=20.0)),
    )  # fmt: skip
    engine = Crossbar(
        cell=dataclasses.replace(pcm, **cell), array=Array(rows=64, columns=64), adc=Adc(),
        weight=WeightFormat(bits=8, encoding="differential"),
        input=InputFormat(bits=8, bits_per_pulse=7, signed="bipolar"),
        correction=Correction(drift=drift),
    )  # fmt: skip
    vector = VectorLanes(lanes=16, clock_hz=1e9, bits=16)
    return Chip(
        name="old", technology=Technology(node_nm=14), engines={"weights": engine, "rest": vector},
        placement=(Rule(operators=("q", "k", "v", "out", "gate", "up", "down", "lm_head"), engine="weights"),
                   Rule(operators=("*",), engine="rest")),
    )  # fmt: skip


def model():
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, vocab_size=50,
        max_position_embeddings=32,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


TOKENS = torch.arange(16).reshape(1, 16)


@torch.no_grad()
def logits(of):
    return of(TOKENS).logits


def test_ages_in_any_order_are_those_of_one_chip():
    one = deploy(model(), chip(), seed=3)
    new = logits(one)
    found = {}
    for seconds in (YEAR_S, 3600.0, 0.0, YEAR_S):
        age(one, seconds)
        now = logits(one)
        assert torch.equal(found.setdefault(seconds, now), now)
    assert torch.equal(found[0.0], new)
    assert not torch.equal(found[3600.0], found[YEAR_S])
    another = deploy(model(), chip(), seed=3)
    age(another, 3600.0)
    assert torch.equal(logits(another), found[3600.0])


@torch.no_grad()
def test_compensation_gives_back_what_drift_took():
    layer = "model.layers.0.mlp.up_proj"
    x = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    size = {}
    for drift in ("none", "global", "column"):
        one = deploy(model(), chip(drift))
        module = one.get_submodule(layer)
        before = module(x)
        age(one, YEAR_S)
        size[drift] = float((module(x) * before).sum() / before.square().sum())
    assert size["none"] == pytest.approx(((YEAR_S + 20.0) / 20.0) ** -0.06, rel=0.03)
    assert size["global"] == pytest.approx(1.0, abs=0.03)
    assert size["column"] == pytest.approx(1.0, abs=0.03)


def test_heat_counts_where_it_is_described():
    warm = chip(temperature=Temperature(activation_ev=0.4))
    plain, hot = deploy(model(), warm), deploy(model(), warm)
    age(plain, 3600.0)
    age(hot, 3600.0, 350.0)
    assert not torch.equal(logits(plain), logits(hot))
    cold = dataclasses.replace(warm, technology=dataclasses.replace(warm.technology, temperature_k=350.0))
    described = deploy(model(), cold)
    age(described, 3600.0)
    assert torch.equal(logits(described), logits(hot))


def test_new_weights_are_read_at_the_same_age():
    one = deploy(model(), chip())
    age(one, YEAR_S)
    for held in deployment_of(one).held.values():
        assert all(matrix.age.seconds == YEAR_S for matrix in held.matrices)
    with torch.no_grad():
        one.lm_head.weight.mul_(1.5)
    logits(one)
    assert deployment_of(one).held["lm_head"].matrices[0].age.seconds == YEAR_S


@pytest.mark.parametrize(("seconds", "kelvin", "what"), [(-1.0, 300.0, "seconds"), (1.0, 0.0, "kelvin"),
                                                         (float("nan"), 300.0, "seconds")])  # fmt: skip
def test_what_is_no_age_is_refused(seconds, kelvin, what):
    one = deploy(model(), chip())
    with pytest.raises(ConfigError, match=what):
        age(one, seconds, kelvin)


def test_only_deployed_models_age():
    with pytest.raises(ConfigError, match="not deployed"):
        age(model(), 1.0)


def test_reads_move_cells_that_reading_disturbs():
    calm = chip()
    touchy = chip(drift="none", read_disturb=ReadDisturb(reads=1000, shift_fraction=0.1), programming_noise=None)
    found = {}
    for name, of in (("calm", calm), ("touchy", touchy)):
        one = deploy(model(), of)
        new = logits(one)
        age(one, reads=1000)
        found[name] = torch.equal(logits(one), new)
        age(one)
        assert torch.equal(logits(one), new)
    assert found == {"calm": True, "touchy": False}


def test_a_plan_that_is_not_sound_later_leaves_the_model_as_it_was():
    """Cells that are ideal when new, so that a lossless plan may be asked for."""
    one = deploy(model(), chip(programming_noise=None), plan="lossless")
    new = logits(one)
    with pytest.raises(ConfigError, match="lossless"):
        age(one, YEAR_S)
    assert torch.equal(logits(one), new)
    assert all(matrix.age.seconds == 0.0 for held in deployment_of(one).held.values() for matrix in held.matrices)
