"""`bitline compare` as a user starts it."""

from __future__ import annotations

import json

import pytest

WORDS = ["llama-2-7b", "--on", "h100,gtx-1060", "--prompt", "64", "--generate", "8"]


def test_a_line_for_each_chip_and_why_another_cannot(bitline, tmp_path):
    table, report = tmp_path / "table.md", tmp_path / "report.html"
    done = bitline("compare", *WORDS, "--table", str(table), "--report", str(report))
    assert done.stderr.count("written: ") == 2
    assert "h100 " in done.stdout
    assert "gtx-1060" in done.stdout
    assert "…" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "| h100 |" in table.read_text()
    assert "missing" in table.read_text()
    assert "llama-2-7b <small>on</small> 2 systems" in report.read_text()


def test_patterns_and_what_is_asked_if_nothing_is_said(bitline):
    tree = json.loads(bitline("compare", "bert-base-uncased", "--on", "x?ormer, h[12]00", "--json").stdout)
    assert [one["chip"] for one in tree["chips"]] == ["xformer", "h100", "h200"]
    assert tree["request"] == {"batch": 1, "prompt": 512, "generate": 0}
    assert json.loads(bitline("compare", "gpt2", "--on", "t4", "--json").stdout)["request"]["generate"] == 128
    short = json.loads(
        bitline("compare", "llama-2-7b", "--on", "t4", "--prompt", "2000", "--window", "64", "--json").stdout
    )
    whole = json.loads(bitline("compare", "llama-2-7b", "--on", "t4", "--prompt", "2000", "--json").stdout)
    assert short["chips"][0]["room"]["needed"] < whole["chips"][0]["room"]["needed"]


def test_json_has_every_chip(bitline):
    tree = json.loads(bitline("compare", *WORDS, "--json").stdout)
    one, other = tree["chips"]
    assert one["tokens_per_j_low"] <= one["tokens_per_j"] <= one["tokens_per_j_high"]
    assert other["why_not"]
    assert "tokens_per_j" not in other


@pytest.mark.parametrize(
    "words",
    [
        ("llama-2-7b", "--on", "h10"),
        ("llama-2-7b", "--on", "h3*"),
        ("llama-2-7b", "--on", ","),
        ("lama", "--on", "h100"),
        ("llama-2-7b", "--on", "h100", "--report", "."),
    ],
)
def test_wrong_input_is_one_line(bitline, words):
    done = bitline("compare", *words, code=2)
    assert done.stderr.startswith("bitline: ")
    assert done.stderr.count("\n") == 1
