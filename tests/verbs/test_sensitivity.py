"""What each layer and each effect costs: against the same deployments by hand, and chips with one fault."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Adc, Array, BlockFloating, Cell, Floating, InputFormat, Spread, WeightFormat
from bitline.hardware.drift import Drift, Leak
from bitline.verbs.age import age
from bitline.verbs.change import change
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import OnChip, deployment_of, find_deployment
from bitline.verbs.effects import EFFECTS, without
from bitline.verbs.evaluate import losses, perplexity
from bitline.verbs.grouping import groups
from bitline.verbs.idealised import with_arithmetic
from bitline.verbs.restore import restore
from bitline.verbs.sensitivity import Probe, sensitivity
from bitline.verbs.windows import windows

NOISY = Cell(
    technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.05), read_noise=Spread(sigma_fraction=0.02)
)
LEAKS = Drift(leak=Leak(tau_s=10.0))
FINE = {"weight": WeightFormat(bits=16), "input": InputFormat(bits=16)}


@pytest.fixture(scope="module")
def two() -> LlamaForCausalLM:
    """A model of two layers, small enough for many deployments."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=31, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=32, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


TEXT = torch.randint(0, 31, (160,), generator=torch.Generator().manual_seed(5))


def test_a_chip_without_effects_costs_nothing(two, chip_of, analogs, integers):
    chip = chip_of(analogs(None, **FINE), integers(16))
    found = sensitivity(two, chip, TEXT, window=16, probe=Probe(by="layer"))
    assert [cost.group.name for cost in found.costs] == ["layer 0", "layer 1", "ends"]
    for cost in (*found.costs, found.whole):
        assert set(cost.alone.values()) == {None}
        assert abs(cost.together.nats_per_token) < 1e-4
    assert abs(found.ideal.nats_per_token) < 1e-4
    assert found.digital_nats_per_token == pytest.approx(perplexity(two, TEXT, window=16).nats_per_token, rel=1e-6)


def test_every_effect_can_be_switched_off(two, chip_of, analogs, integers):
    cell = replace(NOISY, drift=LEAKS, g_max_siemens=25e-6)
    wired = Array(rows=128, columns=128, wire_resistance_ohm=5.0)
    coarse = analogs(4, cell=cell, array=wired, weight=WeightFormat(bits=4, scale="tensor"), input=InputFormat(bits=4))
    found = sensitivity(two, chip_of(coarse, integers(4)), TEXT, window=16, probe=Probe(by="layer"))
    assert found.whole.together.nats_per_token > 0.02
    assert abs(found.ideal.nats_per_token) < 1e-3
    for effect in EFFECTS:
        bare = without(coarse, EFFECTS)
        assert not effect.works_on(bare)
        assert effect.works_on(coarse)
        assert effect.off(effect.off(coarse)) == effect.off(coarse)
        assert effect.off(Floating()) == Floating()


def test_a_bad_converter_is_blamed_alone(two, chip_of, analogs):
    found = sensitivity(two, chip_of(analogs(3, **FINE)), TEXT, window=16, probe=Probe(by="layer"))
    for cost in (*found.costs, found.whole):
        assert cost.alone["weights"] is cost.alone["reads"] is cost.alone["inputs"] is None
        assert cost.alone["converter"] == cost.together
    assert found.whole.together.nats_per_token > 0.05
    assert found.whole.together.seen


def test_a_bad_converter_is_blamed_most(two, chip_of, analogs):
    cell = replace(NOISY, programming_noise=Spread(sigma_fraction=0.005), read_noise=Spread(sigma_fraction=0.005))
    whole = sensitivity(two, chip_of(analogs(3, cell=cell)), TEXT, window=16, probe=Probe(by="role")).whole
    changes = {name: one.nats_per_token for name, one in whole.alone.items() if one is not None}
    assert max(changes, key=changes.__getitem__) == "converter"
    assert all(abs(value) < 0.3 * changes["converter"] for name, value in changes.items() if name != "converter")


def test_time_is_to_blame_only_after_a_while(two, chip_of, analogs):
    chip = chip_of(analogs(None, cell=Cell(technology="gain-cell", bits=2, drift=LEAKS), **FINE))
    fresh = sensitivity(two, chip, TEXT, window=16, probe=Probe(by="role"))
    assert "time" not in fresh.whole.alone
    assert abs(fresh.whole.together.nats_per_token) < 1e-4
    old = sensitivity(two, chip, TEXT, window=16, probe=Probe(by="role", age_s=2.0))
    assert old.whole.alone["time"] == old.whole.together
    assert abs(old.whole.together.nats_per_token) > 0.05
    assert abs(old.ideal.nats_per_token) < 1e-4
    deploy(two, chip)
    age(two, 2.0)
    aged, before = (perplexity(two, TEXT, window=16).nats_per_token, old.digital_nats_per_token)
    restore(two)
    assert old.whole.together.nats_per_token == pytest.approx(aged - before, abs=1e-9)


def test_wires_are_blamed_alone(two, chip_of, analogs):
    cell = Cell(technology="reram", bits=2, g_max_siemens=100e-6, on_off_ratio=10.0)
    wired = Array(rows=128, columns=128, wire_resistance_ohm=100.0)
    found = sensitivity(two, chip_of(analogs(None, cell=cell, array=wired, **FINE)), TEXT, window=16).whole
    assert {name for name, one in found.alone.items() if one is not None} == {"wires"}
    assert found.alone["wires"] == found.together
    assert abs(found.together.nats_per_token) > 1e-3


def test_sums_by_hand(two, chip_of, analogs, integers):
    """Each layer deployed by hand through a predicate of its name, with arithmetic written out."""
    numbers, attention = analogs(4, cell=NOISY), integers(5)
    chip = chip_of(numbers, attention)
    found = sensitivity(two, chip, TEXT, window=16, probe=Probe(by="layer", seed=3))
    cell = replace(NOISY, programming_noise=None)
    fine = {"weight": WeightFormat(bits=12), "input": InputFormat(bits=12)}
    by_hand = {
        "weights": replace(numbers, cell=replace(NOISY, read_noise=None), input=fine["input"], adc=Adc(kind="ideal")),
        "reads": replace(numbers, cell=cell, **fine, adc=Adc(kind="ideal")),
        "inputs": replace(numbers, cell=replace(cell, read_noise=None), weight=fine["weight"], adc=Adc(kind="ideal")),
        "converter": replace(numbers, cell=replace(cell, read_noise=None), **fine),
    }
    before = perplexity(two, TEXT, window=16).nats_per_token
    total = dict.fromkeys(by_hand, 0.0)
    for cost, part in zip(found.costs, (".layers.0.", ".layers.1.", "lm_head"), strict=True):
        for name, changed in by_hand.items():
            moved = replace(attention, **{
                "weights": {"input": InputFormat(bits=12)}, "inputs": {"weight": WeightFormat(bits=12)}
            }.get(name, fine))  # fmt: skip
            deploy(two, chip_of(changed, moved), seed=3, only=lambda module, part=part: part in module)
            after = perplexity(two, TEXT, window=16).nats_per_token
            restore(two)
            assert cost.alone[name].nats_per_token == pytest.approx(after - before, abs=1e-9)
            total[name] += after - before
        deploy(two, chip, seed=3, only=lambda module, part=part: part in module)
        together = perplexity(two, TEXT, window=16).nats_per_token - before
        restore(two)
        assert cost.together.nats_per_token == pytest.approx(together, abs=1e-9)
        assert cost.sum_nats_per_token == pytest.approx(sum(c.nats_per_token for c in cost.alone.values() if c))
    for name, value in total.items():
        assert found.sum_nats_per_token(name) == pytest.approx(value, abs=1e-9)
    assert found.sum_nats_per_token() == pytest.approx(sum(c.together.nats_per_token for c in found.costs))


def test_the_model_comes_back_as_it_was(two, chip_of, analogs, integers):
    before = losses(two, windows(TEXT, 16))[0]
    deploy(two, chip_of(integers(8)))
    told = []
    sensitivity(
        two, chip_of(analogs(5)), TEXT, window=16, probe=Probe(by="layer", effects=("converter",), layers=("1",)),
        progress=lambda *news: told.append(news),
    )  # fmt: skip
    assert find_deployment(two) is None
    assert torch.equal(losses(two, windows(TEXT, 16))[0], before)
    assert told == [
        ("layer 1: converter", 0, 5), ("layer 1: everything", 1, 5), ("whole model: converter", 2, 5),
        ("whole model: everything", 3, 5), ("whole model: nothing", 4, 5),
    ]  # fmt: skip


def test_static_ranges_are_found_anew_for_what_is_deployed(two, chip_of, integers):
    found = sensitivity(two, chip_of(integers(6, "static")), TEXT, window=16, probe=Probe(by="layer"))
    assert found.whole.alone["inputs"].nats_per_token < 0.1


def test_only_chosen_modules_go_on_the_chip(two, chip_of, integers):
    wanted = losses(two, windows(TEXT, 16))[0]
    chip = chip_of(integers(3), integers(3))
    deploy(two, chip, only=lambda name: name == "model.layers.1.self_attn")
    assert {one.module for one in deployment_of(two).on_chip} == {"model.layers.1.self_attn"}
    assert not torch.allclose(losses(two, windows(TEXT, 16))[0], wanted, rtol=1e-4)
    deploy(two, chip, only=lambda name: False)
    assert torch.equal(losses(two, windows(TEXT, 16))[0], wanted)
    restore(two)


def test_blocks_that_share_an_exponent_are_taken_apart_too(two, chip_of, analogs):
    attention = BlockFloating(weight=WeightFormat(bits=3), input=InputFormat(bits=3))
    found = sensitivity(two, chip_of(Floating(), attention), TEXT, window=16, probe=Probe(by="role"))
    (cost,) = found.costs
    assert cost.group.role == "scores, context"
    assert cost.alone["reads"] is cost.alone["converter"] is None
    # The model is not trained, so that coarse attention may even help it.
    for one in (cost.alone["weights"], cost.alone["inputs"], cost.together):
        assert abs(one.nats_per_token) > abs(found.ideal.nats_per_token) * 10


def test_grouping_by_layer_role_and_both():
    placed = [
        OnChip(module=f"h.{layer}.{part}", roles=roles, engine=engine, plan="exact", why="")
        for layer in (0, 1)
        for part, roles, engine in (("a", ("q", "k"), "x"), ("b", ("scores",), "y"), ("b", ("context",), "y"))
    ]
    placed.append(OnChip(module="lm_head", roles=("lm_head",), engine="x", plan="exact", why=""))
    both = groups(placed)
    assert [one.name for one in both] == [
        "layer 0 q, k", "layer 0 scores, context", "layer 1 q, k", "layer 1 scores, context", "lm_head",
    ]  # fmt: skip
    assert [one.modules for one in groups(placed, "role")] == [("h.0.a", "h.1.a"), ("h.0.b", "h.1.b"), ("lm_head",)]
    assert [(one.name, one.engines) for one in groups(placed, "layer")] == [
        ("layer 0", ("x", "y")), ("layer 1", ("x", "y")), ("ends", ("x",)),
    ]  # fmt: skip
    assert [one.name for one in groups(placed, layers=("1",))] == ["layer 1 q, k", "layer 1 scores, context"]


def test_standard_error_by_hand():
    tokens = torch.tensor([4.0, 2.0], dtype=torch.float64)
    found = change(torch.tensor([9.0, 4.0]).double(), torch.tensor([5.0, 3.0]).double(), tokens)
    # Differences 4 and 1 over 6 tokens: mean 5/6; residuals 4 - 20/6 and 1 - 10/6, both 2/3 in size.
    assert found.nats_per_token == pytest.approx(5 / 6)
    assert found.error_nats_per_token == pytest.approx(math.sqrt(2 * 2 * (2 / 3) ** 2) / 6)
    assert found.perplexity_ratio == pytest.approx(math.exp(5 / 6))
    assert math.isnan(change(tokens[:1], tokens[:1], tokens[:1]).error_nats_per_token)


def test_wrong_input_is_refused(two, chip_of, analogs):
    with pytest.raises(ConfigError, match=r"effects = 'convertor' is not one of .*Nearest: 'converter'"):
        Probe(effects=("convertor",))
    with pytest.raises(ConfigError, match=r"by = 'rolle' .*Nearest: 'role'"):
        Probe(by="rolle")
    with pytest.raises(ConfigError, match="age_s = -1 s is outside"):
        Probe(age_s=-1.0)
    with pytest.raises(ConfigError, match="temperature_k = 0 K is outside"):
        Probe(temperature_k=0.0)
    with pytest.raises(ConfigError, match=r"age_s is missing\. Expected: the seconds"):
        Probe(effects=("time",))
    with pytest.raises(ConfigError, match="seed = -1"):
        Probe(seed=-1)
    with pytest.raises(ConfigError, match=r"layers = '2' is not one of 0, 1, ends"):
        sensitivity(two, chip_of(analogs(3)), TEXT, window=16, probe=Probe(layers=("2",)))
    with pytest.raises(ConfigError, match="nothing of this model is placed on an engine that changes numbers"):
        sensitivity(two, chip_of(Floating()), TEXT, window=16)
    with pytest.raises(DataError, match="less than one window"):
        sensitivity(two, chip_of(analogs(3)), TEXT[:9], window=16)


def test_arithmetic_is_all_that_changes(chip_of, analogs):
    chip = chip_of(analogs(3))
    ideal = with_arithmetic(chip, lambda one: without(one, EFFECTS))
    for name, engine in chip.engines.items():
        changed = ideal.engines[name]
        assert (changed.units, changed.resident, changed.memory) == (engine.units, engine.resident, engine.memory)
        assert changed.parts(ideal) == engine.parts(chip)
        assert changed.peak_macs_per_s(ideal) == engine.peak_macs_per_s(chip)
    assert ideal.engines["weights"].arithmetic().array == Array(rows=128, columns=128)
