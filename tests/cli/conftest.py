"""The program as a user starts it, in a folder of its own; in a process of its own where that can tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bitline.cli import main

Bitline = Callable[..., subprocess.CompletedProcess[str]]
COLUMNS = "100"


@pytest.fixture
def bitline(tmp_path, monkeypatch, capsys) -> Bitline:
    """Run `bitline ...` in an empty folder, through the entry point itself but without starting Python anew."""

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["bitline", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", COLUMNS)
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        assert (left.value.code or 0) == code, err
        return subprocess.CompletedProcess(sys.argv, code, out, err)

    return run


@pytest.fixture
def process(tmp_path) -> Bitline:
    """Run `bitline ...` in an empty folder, as a process of its own."""

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        program = "from bitline.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, cwd=tmp_path,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": COLUMNS}, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.fixture
def tiny(tmp_path) -> Path:
    """The configuration of a small model."""
    fields = {
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 2, "vocab_size": 96, "max_position_embeddings": 64,
    }  # fmt: skip
    path = tmp_path / "tiny" / "config.json"
    path.parent.mkdir()
    path.write_text(json.dumps(fields))
    return path
