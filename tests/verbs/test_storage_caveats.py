"""Few bits in memory are told of, with what is not computed for them."""

from __future__ import annotations

from dataclasses import replace

import bitline as bl
from bitline.engines.gpu import Gpu
from bitline.verbs.storage_caveats import narrow_storage


def test_pruned_weights_and_narrow_keys_are_told() -> None:
    found = bl.estimate("llama-2-7b", "accllm", bl.Request(prompt=16, generate=2))
    assert [told for told in found.warnings if told.startswith("engine 'engine' keeps weights in 2.125 bits and")]


def test_only_what_is_narrower_is_told() -> None:
    chip = bl.load_chip("h100")
    gpu = chip.engines["gpu"]
    assert isinstance(gpu, Gpu)
    assert narrow_storage(chip) == []
    (told,) = narrow_storage(replace(chip, engines={"gpu": replace(gpu, cache_bits=4)}))
    assert told.startswith("engine 'gpu' keeps keys and values in 4 bits each: ")
    for name in ("pim-gpt", "xformer", "cambricon-llm-s"):
        assert narrow_storage(bl.load_chip(name)) == []
