"""Ranges found from text, kept in a file exactly, and refused where they do not belong."""

from __future__ import annotations

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Adc, InputFormat
from bitline.verbs.calibrate import calibrate, load_calibration, save_calibration
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.restore import digital

SHAPE = {
    "vocab_size": 31, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32, "initializer_range": 0.3,
}  # fmt: skip


def small(kind=LlamaForCausalLM, config=LlamaConfig, **changes):
    torch.manual_seed(0)
    return kind(config(**SHAPE, **changes)).eval()


def text(length=96):
    return torch.randint(0, 31, (length,), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def static(chip_of, analogs):
    arithmetic = analogs(6, 16, adc=Adc(bits=6, range="calibrated"), input=InputFormat(bits=8, range="static"))
    return chip_of(arithmetic)


@pytest.mark.parametrize("plan", ["exact", "statistical"])
@torch.no_grad()
def test_ranges_go_to_a_file_and_come_back_exactly(static, tmp_path, plan):
    model = deploy(small(), static, plan=plan)
    before = model(text()[None, :16]).logits
    assert calibrate(model, text(), window=16) == ()
    wanted = model(text()[None, :16]).logits
    assert not torch.equal(wanted, before)
    save_calibration(model, tmp_path / "ranges.safetensors")
    again = deploy(small(), static, plan=plan)
    load_calibration(again, tmp_path / "ranges.safetensors")
    assert torch.equal(again(text()[None, :16]).logits, wanted)
    for name, held in deployment_of(model).held.items():
        assert held.matrices[0].calibration.input_scale == (
            deployment_of(again).held[name].matrices[0].calibration.input_scale
        )


@torch.no_grad()
def test_what_is_watched_is_the_digital_model(static):
    """So that ranges do not depend on the noise they were found under, nor on how the text was batched."""
    model = deploy(small(), static)
    seen = []
    with digital(model):
        hook = model.lm_head.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].abs().max()))
        for part in text().view(-1, 16):
            model(part[None])
        hook.remove()
    for batch in (1, 4):
        calibrate(model, text(), window=16, batch=batch)
        scale = deployment_of(model).held["lm_head"].matrices[0].calibration.input_scale
        assert scale == pytest.approx(float(max(seen)) / 127, rel=1e-5)


@torch.no_grad()
def test_experts_that_saw_nothing_are_named(chip_of, integers):
    shape = {"num_local_experts": 8, "num_experts_per_tok": 1}
    model = deploy(small(MixtralForCausalLM, MixtralConfig, **shape), chip_of(integers(8, "static")))
    unseen = calibrate(model, text(16)[:4], window=4)
    assert 4 <= sum("experts.in" in name for name in unseen) < 8
    assert model(text()[None, :16]).logits.isfinite().all()


def test_errors_say_what_is_wrong(static, tmp_path, chip_of, integers):
    path = tmp_path / "ranges.safetensors"
    model = deploy(small(), static)
    with pytest.raises(ConfigError, match="was not calibrated"):
        save_calibration(model, path)
    with pytest.raises(ConfigError, match="is not deployed"):
        calibrate(small(), text())
    with pytest.raises(DataError, match="has 8 tokens, less than one window of 16"):
        calibrate(model, text(8), window=16)
    with pytest.raises(DataError, match=r"ranges\.safetensors: not a calibration"):
        load_calibration(model, path)
    calibrate(model, text(), window=16)
    with pytest.raises(DataError, match="cannot be written"):
        save_calibration(model, tmp_path / "no" / "such" / "folder")
    save_calibration(model, path)
    with pytest.raises(ConfigError, match=r"is a calibration for .*'seed': '0'.* deployed as .*'seed': '1'"):
        load_calibration(deploy(small(), static, seed=1), path)
    deploy(model, static)
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        origin = file.metadata()
    save_file({**tensors, "head.other|input_scale": torch.tensor(1.0)}, path, metadata=origin)
    with pytest.raises(DataError, match=r"the model has no head\.other"):
        load_calibration(model, path)
    save_file({"lm_head|adc_range": torch.tensor(1.0)}, path, metadata=origin)
    with pytest.raises(DataError, match="lm_head is incomplete"):
        load_calibration(model, path)
    save_file(tensors, path, metadata={"bitline": json.dumps(3)})
    with pytest.raises(DataError, match="does not say for which chip"):
        load_calibration(model, path)
