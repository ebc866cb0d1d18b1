"""Checkpoints that are whole load; each way of being broken gives one error that names the file."""

from __future__ import annotations

import json
import re

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from bitline.errors import DataError
from bitline.verbs.checkpoint import load_checkpoint


@pytest.fixture
def folder(tmp_path):
    """A whole checkpoint of a tiny model with a tokenizer of three words."""
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=4, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, bos_token_id=0,
        eos_token_id=0,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    words = Tokenizer(models.WordLevel({"<s>": 0, "a": 1, "b": 2, "c": 3}, unk_token="<s>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=words, bos_token="<s>").save_pretrained(tmp_path)
    return tmp_path


def test_a_whole_checkpoint_loads(folder):
    loaded = load_checkpoint(folder)
    assert isinstance(loaded.model, LlamaForCausalLM)
    assert not loaded.model.training
    assert loaded.name == folder.name
    assert loaded.tokens("b a c").tolist() == [2, 1, 3]
    assert [one.tolist() for one in loaded.documents([" a b ", "  ", "c"])] == [[1, 2], [3]]


def test_half_precision_is_asked_for_not_inherited(folder):
    tensors = {name: tensor.to(torch.bfloat16) for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_checkpoint(folder).model.dtype == torch.float32
    assert load_checkpoint(folder, dtype=torch.bfloat16).model.dtype == torch.bfloat16


def test_tensors_without_a_place_are_listed(folder):
    tensors = load_file(folder / "model.safetensors")
    save_file({**tensors, "pooler.weight": torch.ones(2)}, folder / "model.safetensors", metadata={"format": "pt"})
    assert load_checkpoint(folder).unused == ("pooler.weight",)


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match=r"nowhere: not a folder with config\.json"):
        load_checkpoint(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"config\.json: not a JSON file: it is missing"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("text", ["{", "\x00", "", "[1"])
def test_a_broken_configuration(folder, text):
    (folder / "config.json").write_text(text)
    with pytest.raises(DataError, match=r"config\.json: not a JSON file"):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "it has no model_type"),
        ({"model_type": "lama"}, "model_type = 'lama' is not known to transformers .* Nearest: 'llama'"),
        ({"model_type": "llama", "hidden_size": "wide"}, "hidden_size.*expected int, got str"),
    ],
)
def test_a_wrong_configuration(folder, config, message):
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match=f"{re.escape(str(folder))}.*{message}"):
        load_checkpoint(folder)


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_file(folder, kept):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DataError, match=r"model\.safetensors: not a whole safetensors file"):
        load_checkpoint(folder)


def test_values_that_are_not_numbers(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["model.layers.0.mlp.up_proj.weight"][1, 2] = float("nan")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        DataError, match=r"model\.safetensors: tensor 'model\.layers\.0\.mlp\.up_proj\.weight' holds 1 "
    ):
        load_checkpoint(folder)


def test_tensors_that_are_missing_or_of_another_shape(folder):
    tensors = load_file(folder / "model.safetensors")
    rest = {name: tensor for name, tensor in tensors.items() if "up_proj" not in name}
    save_file(rest, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"lack model\.layers\.0\.mlp\.up_proj\.weight, which would stay random"):
        load_checkpoint(folder)
    wrong = {**tensors, "model.layers.0.mlp.up_proj.weight": torch.ones(3, 3)}
    save_file(wrong, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match="not a checkpoint that transformers can build"):
        load_checkpoint(folder)


def test_pickles_are_not_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(DataError, match=r"found pytorch_model\.bin, but pickled weights are not read"):
        load_checkpoint(folder)


def test_an_index_with_a_part_missing(folder):
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"lm_head.weight": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(DataError, match=r"missing: model-00001-of-00002\.safetensors"):
        load_checkpoint(folder)


def test_an_index_of_whole_parts(folder):
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    save_file(tensors, folder / "part.safetensors", metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": dict.fromkeys(tensors, "part.safetensors")}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert load_checkpoint(folder).model.config.hidden_size == 8


def test_no_tokenizer_is_an_error_only_when_text_comes(folder):
    (folder / "tokenizer.json").unlink()
    loaded = load_checkpoint(folder)
    with pytest.raises(DataError, match=r"tokenizer\.json: missing, so that text cannot be turned into tokens"):
        loaded.tokens("a")


def test_a_broken_tokenizer(folder):
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(DataError, match=r"tokenizer\.json: not a tokenizer"):
        load_checkpoint(folder)


def test_code_in_the_folder_is_not_run_and_nothing_is_fetched(folder, monkeypatch):
    (folder / "evil.py").write_text("raise SystemExit('run')")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    (folder / "config.json").write_text(json.dumps({**config, "architectures": None}))

    def no_network(*_):
        raise AssertionError("went to the network")

    monkeypatch.setattr("socket.socket.connect", no_network)
    assert isinstance(load_checkpoint(folder).model, LlamaForCausalLM)


def test_words_the_embedded_model_does_not_know_are_an_error():
    loaded = load_checkpoint("embedded")
    assert loaded.tokens("the").numel() >= 1
    with pytest.raises(DataError, match="embedded: its tokenizer cannot read this text"):
        loaded.tokens("perplexing zebras")
