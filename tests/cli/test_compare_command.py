"""`bitline compare` through the real entry point."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

WORDS = ["llama-2-7b", "--on", "h100,gtx-1060", "--prompt", "64", "--generate", "8"]


def told(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bitline", "compare", *words], capture_output=True, text=True, check=False
    )


def test_a_line_for_each_chip_and_why_another_cannot(tmp_path):
    page = tmp_path / "table.md"
    done = told(*WORDS, "--table", str(page))
    assert done.returncode == 0, done.stderr
    assert "h100 " in done.stdout
    assert "gtx-1060" in done.stdout
    assert "too few" in done.stdout
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "| h100 |" in page.read_text()


def test_json_has_every_chip():
    tree = json.loads(told(*WORDS, "--json").stdout)
    one, other = tree["chips"]
    assert one["tokens_per_j_low"] <= one["tokens_per_j"] <= one["tokens_per_j_high"]
    assert other["why_not"]
    assert "tokens_per_j" not in other


@pytest.mark.parametrize(
    "words", [("llama-2-7b", "--on", "h10"), ("llama-2-7b", "--on", ","), ("lama", "--on", "h100")]
)
def test_wrong_input_is_one_line(words):
    done = told(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("bitline: ")
    assert done.stderr.count("\n") == 1
