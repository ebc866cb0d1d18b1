"""Whatever a calibration learns comes back from its file to the bit, at any age."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bitline.hardware import Adc, Cell, Correction, InputFormat, NearMemory, Spread, WeightFormat
from bitline.verbs.age import age
from bitline.verbs.calibrate import calibrate, load_calibration, save_calibration
from bitline.verbs.deploy import deploy

SHAPE = {
    "vocab_size": 31,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
    "initializer_range": 0.3,
}
PCM = Cell(
    technology="pcm",
    bits=2,
    programming_noise=Spread(sigma_fraction=0.02),
    read_noise=Spread(sigma_fraction=0.02, replays=2),
)
OPTIONS = {
    "rows": {"input": InputFormat(range="row"), "adc": Adc(bits=6)},
    "rescaled": {"input": InputFormat(rescale_fraction=0.5), "adc": Adc(bits=6)},
    "percentile": {"input": InputFormat(range="static", statistic="percentile", percentile=99.0)},
    "columns": {"adc": Adc(bits=5, range="calibrated", scope="column", statistic="mse")},
    "blocks": {"adc": Adc(bits=5, range="calibrated", scope="block"), "weight": WeightFormat(scale="block")},
    "affine": {"adc": Adc(bits=6, gain_spread_fraction=0.1), "correction": Correction(affine="column")},
    "affine, folded": {"cell": PCM, "adc": Adc(), "correction": Correction(affine="column")},
    "near memory": {
        "adc": Adc(bits=4, range="calibrated", scope="slice"),
        "correction": Correction(
            affine="column", near_memory=NearMemory(cut_before_bits=6, cut_after_bits=8, output_bits=16)
        ),
    },
    "replayed": {"cell": PCM, "adc": Adc(bits=5, range="calibrated"), "correction": Correction(affine="column")},
}


def small():
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()


def text(length=96):
    return torch.randint(0, 31, (length,), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("plan", ["auto", "statistical"])
@pytest.mark.parametrize("name", OPTIONS)
@torch.no_grad()
def test_a_calibration_comes_back_to_the_bit(chip_of, analogs, tmp_path, name, plan):
    chip = chip_of(analogs(None, 16, **OPTIONS[name]))
    one, other = deploy(small(), chip, plan=plan), deploy(small(), chip, plan=plan)
    before = one(text()[None, :16]).logits
    assert calibrate(one, text(), window=16) == ()
    wanted = one(text()[None, :16]).logits
    assert not torch.equal(wanted, before)
    save_calibration(one, tmp_path / "ranges.safetensors")
    load_calibration(other, tmp_path / "ranges.safetensors")
    assert torch.equal(other(text()[None, :16]).logits, wanted)
    for model in (one, other):
        age(model, 1e5, 330.0)
    assert torch.equal(other(text()[None, :16]).logits, one(text()[None, :16]).logits)
    age(one, 0.0)
    assert torch.equal(one(text()[None, :16]).logits, wanted)
    calibrate(one, text(), window=16)
    assert torch.equal(one(text()[None, :16]).logits, wanted), "calibrated again on the same text"
