"""`bitline run` on real checkpoints, and what it says when they or the text are not right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import bitline as bl
from bitline.report import to_json

FEW = ("--tokens", "300", "--seeds", "1")


@pytest.fixture
def story(shared, tmp_path) -> Path:
    """A folder with a checkpoint that a test may spoil."""
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "story").mkdir(exist_ok=True)
        shutil.copy(shared / "data" / "stories260k" / name, tmp_path / "story" / name)
    return tmp_path / "story"


@pytest.fixture
def text(shared) -> Path:
    """Real text, in documents."""
    return shared / "data" / "tinystories" / "valid_excerpt.txt"


def test_prints_what_python_gives(bitline, story, text, tmp_path):
    done = bitline("run", story, "--text", text, *FEW, "--prompt", "8", "--report", "page.html", "--json")
    model = bl.load_model(story)
    request = bl.Request(prompt=8, generate=128)
    result = bl.run(story, "default", request, trial=bl.Trial(text=text, tokens=300, seeds=1))
    printed, ours = json.loads(done.stdout), json.loads(to_json(result))
    assert printed["estimate"] == ours["estimate"]
    assert printed["accuracy"]["perplexity_mean"] == pytest.approx(ours["accuracy"]["perplexity_mean"], rel=1e-4)
    assert printed["accuracy"]["digital_perplexity"] == pytest.approx(ours["accuracy"]["digital_perplexity"], rel=1e-5)
    assert model.name in bl.table(result)
    assert "Perplexity by seed" in (tmp_path / "page.html").read_text()


def test_help_tells_the_defaults_of_python(bitline):
    trial, told = bl.Trial(), bitline("run", "--help").stdout.split()
    for option, value in (("--tokens", trial.tokens), ("--seeds", trial.seeds), ("--plan", trial.plan)):
        after = " ".join(told[told.index(option) :]).partition("[default: ")[2]
        assert after.startswith(f"({value})")


def test_a_preset_has_costs_only(bitline):
    done = bitline("run", "llama-2-7b", "--on", "h100-sxm", "--prompt", "16", "--generate", "4")
    assert "preset without weights" in " ".join(done.stdout.split())
    assert "energy per token" in done.stdout


def refused(bitline, *arguments: str, says: str) -> None:
    done = bitline("run", *arguments, *FEW, code=2)
    assert done.stdout == ""
    assert done.stderr.startswith("bitline: ")
    assert says in done.stderr


def test_truncated_weights(bitline, story, text):
    weights = story / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    refused(bitline, story, "--text", text, says="model.safetensors: not a whole safetensors file")


def test_weights_that_are_not_numbers(bitline, story, text):
    weights = load_file(story / "model.safetensors")
    name = next(name for name in weights if "down_proj" in name)
    weights[name][0, 0] = torch.nan
    save_file(weights, story / "model.safetensors", metadata={"format": "pt"})
    refused(bitline, story, "--text", text, says=f"tensor '{name}' holds 1 values that are NaN or infinite")


def test_text_shorter_than_one_window(bitline, story, tmp_path):
    (tmp_path / "short.txt").write_text("Once upon a time")
    refused(bitline, story, "--text", "short.txt", says="less than one window of")


def test_text_that_is_not_there_or_no_text(bitline, story, tmp_path):
    refused(bitline, story, "--text", "none.txt", says="none.txt: not a text in UTF-8")
    (tmp_path / "blob.txt").write_bytes(b"\xff\xfe\x00\x81")
    refused(bitline, story, "--text", "blob.txt", says="blob.txt: not a text in UTF-8")


def test_unknown_plan_and_no_seeds(bitline, story, text):
    refused(bitline, story, "--plan", "exakt", says="plan = 'exakt' is not one of auto, exact, fold")
    done = bitline("run", story, "--text", text, "--seeds", "0", code=2)
    assert "seeds = 0 is outside 1.." in done.stderr


def test_folder_without_weights(bitline, story, text):
    (story / "model.safetensors").unlink()
    refused(bitline, story, "--text", text, says="model.safetensors: not weights in safetensors: it is missing")
