"""Trained models whose stored weights lose bits, with and without copies of their outliers."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from bitline.hardware import OutlierCode, Storage, WeightFormat
from bitline.numerics.codes.quantise import weight_codes
from bitline.numerics.modules.linear import weight_of
from bitline.numerics.storage import stored
from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.evaluate import perplexity

torch.set_num_threads(1)
CODE = OutlierCode()


class Flipped:
    """A model scored with its matrices (tables and head left out) stored as 8-bit codes, one scale for each."""

    def __init__(self, folder, shared, count: int) -> None:
        found = load_checkpoint(shared / "data" / folder)
        texts = (shared / "data/tinystories/stories.txt").read_text().split("<|endoftext|>")
        self.model, self.stories = found.model, found.documents(texts[:count])
        self.digital = copy.deepcopy(found.model.state_dict())
        self.layers = [
            (name, module)
            for name, module in found.model.named_modules()
            if isinstance(module, nn.Linear | Conv1D) and not name.endswith("lm_head")
        ]

    @torch.no_grad()
    def score(self, storage: Storage, seed: int, scale: str = "tensor") -> float:
        for name, module in self.layers:
            weight = weight_of(module)[0]
            codes, steps = weight_codes(weight, WeightFormat(bits=8, scale=scale))
            weight.copy_(stored(codes, 8, storage, (seed, name)) * steps[:, None])
        found = perplexity(self.model, self.stories).perplexity
        self.model.load_state_dict(self.digital)
        return found


def bare(rate: float) -> Storage:
    return Storage(flipped_fraction=rate)


def kept(rate: float) -> Storage:
    return Storage(flipped_fraction=rate, protection=CODE)


def test_copies_of_outliers_save_a_story_model(shared):
    model = Flipped("stories260k", shared, 4)
    whole = model.score(bare(0.0), 0)
    assert model.score(kept(0.0), 0) == whole
    lost = [model.score(bare(1e-3), seed) / whole - 1 for seed in range(2)]
    saved = [model.score(kept(1e-3), seed) / whole - 1 for seed in range(2)]
    assert min(lost) > 1.0
    assert max(saved) < 0.4


TABLE = [
    ("stories260k", 1e-4, [3.952, 3.685, 3.653], [3.541, 3.561, 3.542]),
    ("stories260k", 1e-3, [11.84, 12.574, 14.168], [4.34, 3.963, 3.949]),
    ("babyllama105", 1e-4, [1.850, 1.847, 1.838], [1.827, 1.826, 1.826]),
    ("babyllama105", 1e-3, [2.205, 2.250, 2.262], [1.870, 1.899, 1.875]),
]
"""Perplexity of the first 30 stories for three seeds without and with the code; 3.515 and 1.819 without flips. Our
own results, kept to notice changes."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "rate", "without", "with_code"), TABLE)
def test_perplexity_at_a_rate_of_flips_stays_what_it_was(shared, name, rate, without, with_code):
    model = Flipped(name, shared, 30)
    assert [model.score(bare(rate), seed) for seed in range(3)] == pytest.approx(without, rel=2e-3)
    assert [model.score(kept(rate), seed) for seed in range(3)] == pytest.approx(with_code, rel=2e-3)


@pytest.mark.slow
def test_codes_that_fill_their_range_have_no_outliers_to_save(shared):
    # With a scale for every column one code in each is the top code, and a hit code is no larger than those.
    model = Flipped("stories260k", shared, 30)
    lost = [model.score(bare(1e-3), seed, "column") for seed in range(3)]
    saved = [model.score(kept(1e-3), seed, "column") for seed in range(3)]
    assert sum(lost) == pytest.approx(sum([4.044, 4.116, 4.042]), rel=2e-3)
    assert 0.97 < sum(saved) / sum(lost) < 1.0
