"""Statistics of a whole model, and what they make of each engine."""

from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from bitline.errors import ConfigError
from bitline.hardware import Activity, Rule
from bitline.verbs.activity import engine_activity, matrix_uses, measure_activity
from bitline.verbs.calibrate import calibrate
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.evaluate import perplexity
from bitline.verbs.restore import restore

TEXT = torch.randint(0, 31, (96,), generator=torch.Generator().manual_seed(1))


@pytest.fixture
def small() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=31, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=32, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def test_every_matrix_is_watched_and_nothing_else_changes(small, chip_of, analogs, integers):
    deploy(small, chip_of(analogs(6), integers(8)))
    before = perplexity(small, TEXT, window=16)
    told = []
    found = measure_activity(small, TEXT, window=16, progress=lambda *news: told.append(news))
    assert found.keys() == deployment_of(small).held.keys()
    assert {one.vectors for one in found.values()} == {96}
    assert found["lm_head"].shape == (16, 31)
    assert told == [(6, 6)]
    assert perplexity(small, TEXT, window=16) == before


def test_documents_and_batches_see_the_same_vectors(small, chip_of, analogs):
    deploy(small, chip_of(analogs(6)))
    documents = [TEXT[:9], TEXT[9:30], TEXT[30:37]]
    one, many = (measure_activity(small, documents, batch=batch) for batch in (1, 3))
    assert one["lm_head"].vectors == 9 + 21 + 7
    assert one["model.layers.0.self_attn.q_proj"] == many["model.layers.0.self_attn.q_proj"]


def test_engines_average_their_matrices_by_products(small, chip_of, analogs, integers):
    rules = (Rule(operators=("lm_head", "down"), engine="rest"),)
    deploy(small, chip_of(analogs(6), integers(8), rest=analogs(7), rules=rules))
    found = measure_activity(small, TEXT, window=16)
    uses = matrix_uses(deployment_of(small), found)
    assert {one.name: one.engine for one in uses}["lm_head"] == "rest"
    assert [one.roles for one in uses if one.engine == "rest"] == [("down",), ("lm_head",)]
    engines = engine_activity(uses)
    assert engines.keys() == {"weights", "rest"}
    head, down = found["lm_head"], found["model.layers.0.mlp.down_proj"]
    sizes = (16 * 31, 24 * 16)
    driven = (sizes[0] * head.drive_fraction, sizes[1] * down.drive_fraction)
    wanted = Activity(
        drive_fraction=sum(driven) / sum(sizes),
        cell_fraction=(driven[0] * head.driven_cell_fraction + driven[1] * down.driven_cell_fraction) / sum(driven),
        toggle_fraction=(sizes[0] * head.toggle_fraction + sizes[1] * down.toggle_fraction) / sum(sizes),
    )
    assert engines["rest"].drive_fraction == pytest.approx(wanted.drive_fraction)
    assert engines["rest"].cell_fraction == pytest.approx(wanted.cell_fraction)
    assert engines["rest"].toggle_fraction == pytest.approx(wanted.toggle_fraction)


def test_a_calibrated_range_is_the_one_in_use(small, chip_of, analogs, integers):
    deploy(small, chip_of(integers(8, "static")))
    calibrate(small, TEXT, window=16)
    found = measure_activity(small, TEXT, window=16)["lm_head"]
    assert found.mean_bits < 7
    restore(small)
    deploy(small, chip_of(integers(8)))
    assert measure_activity(small, TEXT, window=16)["lm_head"].mean_bits > found.mean_bits


def test_only_a_deployed_model_is_watched(small, chip_of, integers):
    with pytest.raises(ConfigError, match="is not deployed"):
        measure_activity(small, TEXT)
    deploy(small, chip_of(integers(8)))
    with pytest.raises(ConfigError, match="sampled = 0"):
        measure_activity(small, TEXT, sampled=0)
