"""Presets, files and mappings: what loads, and what is said about what does not."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bitline.workload
from bitline.errors import BitlineError, ConfigError, DataError
from bitline.workload import family_names, load_model, model_from_config, prefill, preset_names, weights
from bitline.workload.presets import preset_fields

TINY: dict[str, Any] = {
    "model_type": "llama", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
    "intermediate_size": 96, "vocab_size": 100,
}  # fmt: skip


EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 8}


def test_presets_equal_the_reference_configurations(shared: Path) -> None:
    index = json.loads((shared / "data" / "model_configs" / "index.json").read_text())
    differ = {n: e["parameters"] for n, e in index.items() if load_model(n).parameters != e["parameters"]}
    # The reference file leaves the width of compressed queries to a default that this size does not have.
    assert set(differ) == {"deepseek-v2-lite"}
    for name in set(index) - set(differ):
        ours, theirs = load_model(name).design, load_model(shared / "data" / "model_configs" / f"{name}.json").design
        if name.startswith("llama-2-"):
            # Theirs is of the first configuration, which said 2,048.
            assert ours.context_limit == 4096
            theirs = replace(theirs, context_limit=4096)
        assert ours == theirs


def test_a_file_and_a_folder_load_alike(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(TINY))
    assert load_model(tmp_path) == load_model(str(tmp_path / "config.json"))
    assert load_model(tmp_path).name == tmp_path.name
    assert load_model(tmp_path).parameters == model_from_config(TINY, "x").parameters


def test_presets_are_found_in_any_case() -> None:
    assert load_model("Llama-2-7B").name == "llama-2-7b"
    assert len(preset_names()) >= 158


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lama-2-7b", "Nearest: 'llama-2-7b'"),
        ("nonsense-xyz", "model = 'nonsense-xyz' is not one of"),
        ("no/such/folder", "no such file"),
        ("missing.json", "no such file"),
        ("meta/Llama-2-7b-hf", "no such file; nearest preset: 'llama-2-7b'"),
    ],
)
def test_unknown_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(BitlineError, match=message):
        load_model(name)


@pytest.mark.parametrize("text", ["{", "[1, 2]", "", '"llama"', "\x00\xff", "[" * 100_000])
def test_files_that_are_no_configuration_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match="not a model configuration in JSON"):
        load_model(tmp_path)


def test_a_folder_without_configuration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        load_model(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hidden_size": None}, "x: hidden_size is missing. Expected: a whole number"),
        ({"hidden_size": -64}, "x: hidden_size = -64 is outside"),
        ({"hidden_size": 64.0}, "hidden_size = 64.0 is not a whole number"),
        ({"hidden_size": True}, "hidden_size = True is not a whole number"),
        ({"hidden_size": "64"}, "hidden_size = '64' is not a whole number"),
        ({"num_attention_heads": 5}, "num_attention_heads = 5 is not a divisor of hidden_size = 64"),
        ({"num_key_value_heads": 3}, "num_key_value_heads = 3 is not a divisor of num_attention_heads = 4"),
        ({"num_hidden_layers": 0}, "num_hidden_layers = 0 is outside"),
        ({"tie_word_embeddings": "yes"}, "tie_word_embeddings = 'yes' is not true or false"),
        ({"model_type": None}, "x: model_type is missing"),
        ({"model_type": 7}, "model_type = 7 is not a name"),
        ({"model_type": "lama"}, "Nearest: 'llama'"),
        ({"hidden_act": "gelo"}, "hidden_act = 'gelo' is not one of"),
        ({"num_hidden_layers": 10_001}, "num_hidden_layers = 10001 layers is outside 1..10000 layers"),
        ({"hidden_act": 3}, "hidden_act = 3 is not a name"),
        ({"architectures": ["LlamaForTokenClassification"]}, "architectures = 'LlamaForTokenClassification'"),
        ({"architectures": "LlamaForCausalLM"}, "architectures = 'LlamaForCausalLM' is not a list of names"),
    ],
)
def test_impossible_fields_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model_from_config(TINY | change, "x")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("family", "change", "message"),
    [
        ("gemma2", {"layer_types": ["full_attention"]}, "one entry per layer (2)"),
        ("gemma2", {"layer_types": ["full_attention", "odd"]}, "layer_types = 'odd' is not"),
        ("mixtral", {"num_local_experts": 4, "num_experts_per_tok": 5}, "num_experts_per_tok = 5 is outside 1..4"),
        ("stablelm", {"qk_layernorm": True}, "the only setting that is modelled"),
        ("stablelm", {"partial_rotary_factor": 2}, "partial_rotary_factor = 2 is outside 0..1"),
        ("gemma3", {"text_config": 3}, "text_config = 3 is not a section of fields"),
        ("albert", {"num_hidden_groups": 2}, "num_hidden_groups = 2 is not 1"),
        ("bert", {"architectures": ["BertForNextSentencePrediction"]}, "Nearest"),
        ("vit", {"image_size": 16, "patch_size": 32}, "patch_size = 32 is outside 1..16"),
        ("gptj", {"n_embd": 64, "n_head": 4, "rotary_dim": 32}, "rotary_dim = 32 is outside 1..16"),
        ("qwen3_next", {"mlp_only_layers": [1]}, "the only setting that is modelled"),
        ("qwen3_moe", {}, "x: num_experts is missing"),
        ("qwen3_moe", EXPERTS | {"mlp_only_layers": ["a"]}, "is not a list of whole numbers"),
        ("opt", {"ffn_dim": 8, "do_layer_norm_before": 1}, "do_layer_norm_before = 1 is not true or false"),
        (
            "t5",
            {"d_model": 8, "num_layers": 1, "num_heads": 2, "d_kv": 4, "d_ff": 8, "feed_forward_proj": "odd"},
            "feed_forward_proj = 'odd' is not one of",
        ),
        ("roberta", {"max_position_embeddings": 2}, "max_position_embeddings = 2 is outside"),
        ("gpt_neo", {"num_layers": 2, "num_heads": 4, "attention_types": [["global"], 2]}, "attention_types"),
        ("mobilebert", {"use_bottleneck": False}, "use_bottleneck = False is not True"),
    ],
)
def test_impossible_fields_of_other_families_are_refused(family: str, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        model_from_config(TINY | {"model_type": family} | change, "x")
    assert message in str(caught.value)


JUNK = st.sampled_from(
    [None, 0, -1, 1, 2, 3, 7, 1.5, float("nan"), True, False, "", "x", "64", 10**30, 2**31, [], [1], ["a"], [None],
     {}, {"a": 1}, [[["global"], 2]], ["full_attention"]]
)  # fmt: skip
OPTIONAL = (
    "architectures", "attention_types", "decoder_sparse_step", "first_k_dense_replace", "head_dim", "hidden_act",
    "id2label", "image_size", "layer_types", "max_window_layers", "mlp_only_layers", "model_type", "n_shared_experts",
    "num_labels", "num_ln_in_parallel_attn", "partial_rotary_factor", "rope_parameters", "rope_scaling", "rotary_dim",
    "sliding_window", "text_config", "tie_word_embeddings", "use_sliding_window", "vision_config", "window_size",
)  # fmt: skip


@settings(max_examples=400)
@given(name=st.sampled_from(preset_names()), data=st.data())
def test_a_field_of_nonsense_loads_or_is_refused(name: str, data: st.DataObject) -> None:
    fields = dict(preset_fields(name) or {})
    key = data.draw(st.sampled_from(sorted(fields) + list(OPTIONAL)))
    fields[key] = data.draw(JUNK)
    try:
        model = model_from_config(fields, name)
    except BitlineError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert model.parameters > 0
        assert prefill(model, 1, 1).macs > 0
        assert all(weight.values > 0 for weight in weights(model))
    assert not refusal or name in refusal
    assert len(refusal) < 700


def test_every_family_file_is_found() -> None:
    folder = Path(bitline.workload.__file__).parent / "families"
    modules = [importlib.import_module(f"bitline.workload.families.{p.stem}") for p in folder.glob("[a-z]*.py")]
    assert sorted(t for m in modules for t in m.MODEL_TYPES) == list(family_names())


def test_nothing_but_the_tracer_imports_torch() -> None:
    folder = Path(bitline.workload.__file__).parent
    for path in folder.rglob("*.py"):
        imported = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text()))
            for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [])
            + ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
        }
        assert not imported & {"torch", "transformers"} or path.name == "traced.py", path
    code = "import sys, bitline.workload as w; w.load_model('gpt2'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
