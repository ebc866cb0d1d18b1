"""Ranges found from text, kept in a file exactly, and refused where they do not belong."""

from __future__ import annotations

import json
import re

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, MixtralConfig, MixtralForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Adc, Array, Cell, Correction, InputFormat, Spread, WeightFormat
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
    with pytest.raises(ConfigError, match=r"another deployment\. seed = 0 then, 1 now"):
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
    save_file(tensors, path, metadata={"bitline": json.dumps({"chip": "bench", "seed": "0", "plan": "auto"})})
    with pytest.raises(DataError, match="as older versions wrote it"):
        load_calibration(model, path)


OTHERWISE = {
    "adc.bits = 6 then, 7 now": {"adc": Adc(bits=7, range="calibrated")},
    "adc.scope = 'matrix' then, 'slice' now": {"adc": Adc(bits=6, range="calibrated", scope="slice")},
    "cell.bits = 2 then, 1 now": {"cell": Cell(technology="reram", bits=1)},
    "cell.read_noise = nothing then, something now": {
        "cell": Cell(technology="reram", bits=2, read_noise=Spread(sigma_fraction=0.01))
    },
    "array.active_rows = nothing then, 8 now": {"array": Array(rows=16, columns=16, active_rows=8)},
    "weight.scale = 'column' then, 'tensor' now": {"weight": WeightFormat(scale="tensor")},
}


@pytest.mark.parametrize("said", OTHERWISE)
def test_a_description_that_changed_is_refused_with_what_changed(static, chip_of, analogs, tmp_path, said):
    path = tmp_path / "ranges.safetensors"
    model = deploy(small(), static)
    calibrate(model, text(), window=16)
    save_calibration(model, path)
    parts = {"adc": Adc(bits=6, range="calibrated"), "input": InputFormat(bits=8, range="static")}
    other = deploy(small(), chip_of(analogs(6, 16, **{**parts, **OTHERWISE[said]})))
    before = other(text()[None, :16]).logits
    with pytest.raises(ConfigError, match=rf"deployment\. engine 'weights' \(.*\): {re.escape(said)}\. Deploy"):
        load_calibration(other, path)
    assert torch.equal(other(text()[None, :16]).logits, before)


def test_what_only_costs_may_change(static, chip_of, analogs, tmp_path):
    path = tmp_path / "ranges.safetensors"
    model = deploy(small(), static)
    calibrate(model, text(), window=16)
    save_calibration(model, path)
    cheap = Adc(bits=6, range="calibrated", energy_per_conversion_j=1e-12, area_m2=1e-9)
    static_input = InputFormat(bits=8, range="static")
    load_calibration(deploy(small(), chip_of(analogs(6, 16, adc=cheap, input=static_input))), path)


def test_other_modules_on_the_chip_are_named(static, tmp_path):
    path = tmp_path / "ranges.safetensors"
    model = deploy(small(), static, only=lambda name: name != "lm_head")
    calibrate(model, text(), window=16)
    save_calibration(model, path)
    with pytest.raises(ConfigError, match="on the chip now only: lm_head"):
        load_calibration(deploy(small(), static), path)


WRONG = {
    "row_scale is 3 instead of 16": ("row_scale", torch.ones(3)),
    "input_scale = nan": ("input_scale", torch.tensor(float("nan"), dtype=torch.float64)),
    "0.ranges is 1 x 5 x 2 instead of 1 x 1 or 124 x 2": ("0.ranges", torch.ones(1, 5, 2)),
    "0.affine_scale is 4 instead of 31": ("0.affine_scale", torch.ones(4)),
    "0.affine_offset holds NaN": ("0.affine_offset", torch.full((31,), torch.nan)),
    "2 pieces are fitted, but the matrix has 1": ("1.fitted", torch.tensor(True)),
    "0.error_variance is 30 instead of 31": ("0.error_variance", torch.ones(30)),
}


@pytest.mark.parametrize("said", WRONG)
def test_parts_of_a_wrong_length_are_refused_before_anything_changes(chip_of, analogs, tmp_path, said):
    path = tmp_path / "ranges.safetensors"
    parts = {
        "adc": Adc(bits=5, range="calibrated"), "input": InputFormat(bits=8, range="row"),
        "correction": Correction(affine="column"),
    }  # fmt: skip
    chip, plan = chip_of(analogs(6, 16, **parts)), "statistical" if "error" in said else "auto"
    model = deploy(small(), chip, plan=plan)
    calibrate(model, text(), window=16)
    save_calibration(model, path)
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        origin = file.metadata()
    part, wrong = WRONG[said]
    save_file({**tensors, f"lm_head|{part}": wrong}, path, metadata=origin)
    other = deploy(small(), chip, plan=plan)
    with pytest.raises(DataError, match=rf"not a calibration of this model: lm_head: {said}"):
        load_calibration(other, path)
    assert all(held.matrices[0].calibration is None for held in deployment_of(other).held.values())


def test_a_calibration_that_needs_digital_weights_changes_nothing_without_them(chip_of, analogs, tmp_path):
    path = tmp_path / "ranges.safetensors"
    chip = chip_of(analogs(6, 16, input=InputFormat(bits=8, range="row")))
    model = deploy(small(), chip)
    calibrate(model, text(), window=16)
    save_calibration(model, path)
    other = deploy(small(), chip, keep_digital=False)
    with pytest.raises(ConfigError, match=r"(_proj|lm_head): its digital weights were let go"):
        load_calibration(other, path)
    assert all(held.matrices[0].calibration is None for held in deployment_of(other).held.values())
