"""The default chip is small enough to hold its model, and loses accuracy visibly but mildly."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bitline.embedded import evaluation_text, model_path
from bitline.engines.crossbar import Crossbar
from bitline.hardware import Chip
from bitline.systems import load_chip
from bitline.systems.load import FOLDER
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model


def test_the_shape_kept_beside_it_fits_with_a_little_to_spare() -> None:
    model = load_model(FOLDER / "default" / "embedded-shape.json")
    found = estimate(model, load_chip("default"), Request(batch=4, prompt=128, generate=128))
    weights = next(engine for engine in found.engines if engine.name == "weights")
    assert 0.9 <= weights.units_used / weights.units <= 1.0


def loss_ratio(chip: Chip, shared: Path) -> float:
    """Perplexity on the chip over digital perplexity, of a small trained model on 512 characters."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from bitline.verbs.deploy import deploy
    from bitline.verbs.evaluate import evaluate

    folder = shared / "data" / "babyllama105"
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    text = (shared / "data" / "tinystories" / "stories.txt").read_text()[:700]
    tokens = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt", truncation=False).input_ids[0][:512]
    accuracy = evaluate(deploy(model, chip, seed=0), tokens, window=256, stride=256)
    return accuracy.on_chip.perplexity / accuracy.digital.perplexity


def test_the_embedded_model_loses_visibly_and_mildly() -> None:
    if not (model_path() / "model.safetensors").is_file():
        pytest.skip("the embedded model has not been trained yet")
    import torch
    from transformers import AutoModelForCausalLM

    from bitline.verbs.deploy import deploy
    from bitline.verbs.evaluate import evaluate

    model = AutoModelForCausalLM.from_pretrained(model_path(), dtype=torch.float32)
    tokens = torch.as_tensor(evaluation_text(1024).ids)
    accuracy = evaluate(deploy(model, load_chip("default"), seed=0), tokens, window=256, stride=256)
    assert 1.002 < accuracy.on_chip.perplexity / accuracy.digital.perplexity < 1.1


def test_fewer_converter_bits_cost_more(shared: Path) -> None:
    chip = load_chip("default")
    weights = chip.engines["weights"]
    assert isinstance(weights, Crossbar)
    coarse = dataclasses.replace(weights, adc=dataclasses.replace(weights.adc, bits=6))
    changed = dataclasses.replace(chip, engines={**chip.engines, "weights": coarse})
    assert loss_ratio(changed, shared) > 1.2 * loss_ratio(chip, shared)


@pytest.mark.parametrize("prompt", [1, 256])
def test_energy_and_time_are_finite(prompt: int) -> None:
    model = load_model(FOLDER / "default" / "embedded-shape.json")
    found = estimate(model, load_chip("default"), Request(prompt=prompt))
    assert 0 < found.time_to_first_token_s < 1
    assert 0 < found.energy_j < 1
