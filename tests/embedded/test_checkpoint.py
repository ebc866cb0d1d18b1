"""The model that ships: its files agree with each other and with the language, and it comes close to the floor."""

import csv
import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors import safe_open
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from bitline.embedded import TALE_TOKENS, VOCABULARY, evaluation_text, model_path

MOST_BYTES = 8_000_000
WITHIN_FRACTION = 0.05


@pytest.fixture(scope="module")
def config():
    return json.loads((model_path() / "config.json").read_text())


@pytest.fixture(scope="module")
def tokenizer():
    return PreTrainedTokenizerFast.from_pretrained(model_path())


@pytest.fixture(scope="module")
def excess_nats():
    """Loss above the floor, per predicted token, of a text of some 6000 tokens."""
    model = LlamaForCausalLM.from_pretrained(model_path(), dtype=torch.float32).eval()
    text = evaluation_text(24 * TALE_TOKENS, seed=3)
    ids = torch.from_numpy(text.tales)
    with torch.no_grad():
        log_probabilities = model(input_ids=ids).logits[:, :-1].log_softmax(-1)
    found = -log_probabilities.gather(-1, ids[:, 1:, None])[..., 0].double().numpy()
    return found - text.nll_nats.reshape(text.tales.shape)[:, 1:]


def test_the_weights_are_those_of_the_configuration(config):
    hidden, ffn, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    head = hidden // config["num_attention_heads"]
    kv = head * config["num_key_value_heads"]
    layer = {
        "self_attn.q_proj.weight": [hidden, hidden],
        "self_attn.k_proj.weight": [kv, hidden],
        "self_attn.v_proj.weight": [kv, hidden],
        "self_attn.o_proj.weight": [hidden, hidden],
        "mlp.gate_proj.weight": [ffn, hidden],
        "mlp.up_proj.weight": [ffn, hidden],
        "mlp.down_proj.weight": [hidden, ffn],
        "input_layernorm.weight": [hidden],
        "post_attention_layernorm.weight": [hidden],
    }
    expected = {f"model.layers.{n}.{name}": shape for n in range(layers) for name, shape in layer.items()}
    expected |= {"model.embed_tokens.weight": [len(VOCABULARY), hidden], "model.norm.weight": [hidden]}
    expected |= {"lm_head.weight": [len(VOCABULARY), hidden]}
    with safe_open(model_path() / "model.safetensors", "numpy") as weights:
        shapes = {name: weights.get_slice(name).get_shape() for name in weights.keys()}  # noqa: SIM118 - not a dict
        kinds = {weights.get_slice(name).get_dtype() for name in weights.keys()}  # noqa: SIM118
    assert shapes == expected
    assert kinds == {"F16"}
    assert config["num_key_value_heads"] < config["num_attention_heads"]
    assert min(hidden, ffn) > 128
    assert config["max_position_embeddings"] == TALE_TOKENS


def test_the_package_stays_small():
    assert (model_path() / "model.safetensors").stat().st_size <= MOST_BYTES
    assert sum(file.stat().st_size for file in model_path().iterdir()) <= MOST_BYTES + 200_000


def test_text_and_ids_are_the_same_thing(tokenizer):
    text = evaluation_text(2000, seed=5)
    ids = tokenizer(text.words)["input_ids"]
    np.testing.assert_array_equal(ids, text.ids)
    assert tokenizer.decode(ids) == text.words
    assert len(tokenizer) == len(VOCABULARY)
    assert tokenizer.bos_token_id == 0


def test_perplexity_is_close_to_the_floor(excess_nats):
    by_tale = excess_nats.mean(axis=1)
    chance = by_tale.std(ddof=1) / math.sqrt(len(by_tale))
    assert by_tale.mean() < math.log1p(WITHIN_FRACTION) + 3 * chance
    assert chance < 0.02


def test_no_model_beats_the_floor(excess_nats):
    by_tale = excess_nats.mean(axis=1)
    assert by_tale.mean() > -3 * by_tale.std(ddof=1) / math.sqrt(len(by_tale))


def test_the_log_ends_where_the_readme_says():
    with (model_path() / "training.csv").open() as file:
        last = list(csv.DictReader(file))[-1]
    loss, floor = float(last["held_out_loss_nats"]), float(last["held_out_floor_nats"])
    assert math.expm1(loss - floor) < WITHIN_FRACTION
    assert f"{int(last['step'])} steps" in (model_path() / "README.md").read_text()


def test_the_language_needs_neither_torch_nor_transformers():
    code = "import sys, bitline.embedded; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
