"""Few bits in memory are told of where what they do to answers is not computed."""

from __future__ import annotations

from dataclasses import replace

import pytest

import bitline as bl
from bitline.engines.flash_pim import FlashPim
from bitline.engines.gpu import Gpu
from bitline.hardware.compression import Compression
from bitline.hardware.storage import Storage
from bitline.verbs.storage_caveats import assumed_formats, narrow_storage


def on_h100(**changes: object) -> bl.Chip:
    chip = bl.load_chip("h100")
    gpu = chip.engines["gpu"]
    assert isinstance(gpu, Gpu)
    return replace(chip, engines={"gpu": replace(gpu, **changes)})


def test_what_is_computed_is_not_told() -> None:
    found = bl.estimate("llama-2-7b", "accllm", bl.Request(prompt=16, generate=2))
    assert not [told for told in found.warnings if "keeps weights" in told]
    for name in ("accllm", "accllm/bandwidth-bound", "h100", "pim-gpt", "hastily", "cambricon-llm-s"):
        assert narrow_storage(bl.load_chip(name)) == []
    assert narrow_storage(on_h100(weight_bits=4, cache_bits=4)) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"cache_bits": 1}, "keys and values in 1 bits each: "),
        ({"weight_bits": 1, "cache_bits": 4}, "weights in 1 bits each: "),
        ({"format": "fp6", "weight_bits": 6}, "weights in 6 bits each: "),
        ({"bits": 32, "weight_bits": 16}, "weights in 16 bits each: "),
    ],
)
def test_what_is_not_known_is_told(changes: dict[str, object], what: str) -> None:
    (told,) = narrow_storage(on_h100(**changes))
    assert told.startswith(f"engine 'gpu' keeps {what}")
    assert "accuracy does not" in told


def test_products_in_few_bits_that_are_not_known_are_told() -> None:
    (told,) = narrow_storage(on_h100(format="fp4", bits=4))
    assert told.startswith("engine 'gpu' computes products in 4 bits: ")
    (told,) = narrow_storage(bl.load_chip("xformer"))
    assert told.startswith("engine 'special' computes products in 8 bits: "), "lanes beside functions, the head on them"


def test_groups_of_codes_that_flip_are_told() -> None:
    chip = bl.load_chip("cambricon-llm-s")
    flash = chip.engines["flash"]
    assert isinstance(flash, FlashPim)
    pruned = replace(flash, weight_compression=Compression(kept=2, left_out=2))
    assert narrow_storage(replace(chip, engines=chip.engines | {"flash": pruned})) == []
    flipping = replace(pruned, storage=Storage(flipped_fraction=1e-4))
    (told,) = narrow_storage(replace(chip, engines=chip.engines | {"flash": flipping}))
    assert told.startswith("engine 'flash' keeps weights in 5 bits each: ")


def test_what_is_assumed_is_said_in_words() -> None:
    (told,) = assumed_formats(bl.load_chip("accllm"), ["engine"])
    assert told == (
        "engine 'engine' rounds weights as the 2 largest of 4 as 2-bit integers with a scale and a zero point for each "
        "128 of them, keys and values as 4-bit integers with a scale and a zero point for each 128 of them, inputs as "
        "8-bit integers with a scale for each row: to nearest, without calibration; what the description leaves open "
        "of that is assumed."
    )
    assert assumed_formats(bl.load_chip("h100"), ["gpu"]) == []
