"""After how many tokens reading has moved cells by half a level: from the description, and from data."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import bitline as bl
from bitline.hardware import Cell, ReadDisturb
from bitline.verbs.activity import matrix_uses, measure_activity, reads_per_token
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.read_disturb import disturbed_after, disturbed_soonest, reads_until_wrong

SHAPE = {
    "vocab_size": 31, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 2, "max_position_embeddings": 32, "initializer_range": 0.3,
}  # fmt: skip
# Half of one of three levels is a sixth of the range: five sixths of what 1e6 reads move a cell by.
CELL = Cell(technology="reram", bits=2, read_disturb=ReadDisturb(reads=1_000_000, shift_fraction=0.2))


def test_half_a_level_by_hand():
    assert reads_until_wrong(CELL) == pytest.approx(1e6 * (1 / 6) / 0.2)
    assert reads_until_wrong(replace(CELL, read_disturb=None)) == float("inf")


def test_an_estimate_tells_the_earliest_and_shipped_chips_are_silent():
    chip = bl.load_chip("default")
    weights = chip.engines["weights"]
    assert disturbed_soonest(chip) == []
    worn = replace(
        chip,
        engines={
            **chip.engines,
            "weights": replace(weights, cell=replace(weights.cell, read_disturb=CELL.read_disturb)),
        },
    )
    (said,) = disturbed_soonest(worn)
    assert "half a level is reached after 104,167 tokens at the earliest (8 reads a token)" in said
    assert said in bl.estimate("embedded", worn).warnings


@torch.no_grad()
def test_what_was_watched_is_what_is_told(chip_of, analogs):
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).eval()
    chip = chip_of(analogs(6, 16, cell=CELL))
    deploy(model, chip)
    text = torch.randint(0, 31, (64,), generator=torch.Generator().manual_seed(1))
    uses = matrix_uses(deployment_of(model), measure_activity(model, text, window=16))
    reads = reads_per_token(uses)
    assert reads == {"weights": pytest.approx(8.0, rel=0.01)}, "eight pulses a vector, and no vector is all zeros"
    (said,) = disturbed_after(chip, {"weights": 4.0})
    assert "are read 4 times a token, and have moved by half a level after 208,333 tokens" in said
    assert disturbed_after(chip_of(analogs(6, 16)), reads) == []
