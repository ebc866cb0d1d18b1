"""Serving and tables of operators from the command line."""

from __future__ import annotations

import csv
import json

import pytest


def test_requests_at_random(bitline):
    asked = ("serve", "llama-3.2-1b", "--on", "gtx-1060", "--rate", "2", "--requests", "50", "--seed", "3")
    text = bitline(*asked).stdout
    for words in ("goodput", "first token, median", "energy per request", "queueing", "p99", "50 requests of Poisson"):
        assert words in text
    assert max(len(line) for line in text.splitlines()) <= 100
    printed = json.loads(bitline(*asked, "--json").stdout)
    assert printed == json.loads(bitline(*asked, "--json").stdout)
    assert printed["requests"]["count"] == 50
    assert set(printed["quantiles"]["first token"]) == {"median", "p90", "p95", "p99"}
    other = json.loads(bitline(*asked[:-1], "4", "--json").stdout)
    assert other["span_s"] != printed["span_s"]


def test_a_trace_and_files(bitline, tmp_path):
    (tmp_path / "trace.csv").write_text(
        "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "".join(f"{second},100,{second + 1}\n" for second in range(20))
    )
    asked = ("serve", "llama-3.2-1b", "--on", "gtx-1060", "--trace", "trace.csv")
    done = bitline(*asked, "--report", "page.html", "--csv", "one.csv", "--whole-prompts", "--reserve")
    assert "written: page.html" in done.stderr
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert "Waiting over time" in page
    with (tmp_path / "one.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["generate"]) for row in rows] == list(range(1, 21))
    assert rows[0]["time_per_token_s"] == ""
    assert all(float(row["latency_s"]) >= float(row["time_to_first_token_s"]) > 0 for row in rows)
    few = json.loads(bitline(*asked, "--requests", "5", "--json").stdout)
    assert few["requests"]["count"] == 5
    again = json.loads(bitline(*asked, "--rate", "100", "--requests", "60", "--json").stdout)
    assert again["requests"]["count"] == 60
    assert "lengths of trace.csv" in again["requests"]["source"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--trace or --rate is missing"),
        (("--trace", "none.csv"), "none.csv: not a trace"),
        (("--rate", "-1"), "rate = -1"),
        (("--rate", "1", "--prompt-mean", "0"), "prompt: mean_tokens = 0"),
        (("--rate", "1", "--generate-mean", "nan"), "generate: mean_tokens is not a number"),
        (("--rate", "1", "--per-token", "nan"), "targets.per_token_s = nan s is not more than 0"),
        (("--rate", "1", "--requests", "0"), "requests = 0"),
        (("--rate", "1", "--pass-tokens", "100"), "discipline.requests = 256 is more than discipline.pass_tokens - 1"),
        (("--rate", "1", "--first-token", "0"), "targets.first_token_s = 0 s is not more than 0"),
        (("--rate", "1", "--report", "."), "it is a folder"),
    ],
)
def test_wrong_input_is_one_message(bitline, options, said):
    done = bitline("serve", "llama-3.2-1b", "--on", "gtx-1060", *options, code=2)
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_layers(bitline, tmp_path):
    asked = ("layers", "llama-3.2-1b", "--on", "gtx-1060", "--tokens", "1,8", "--context", "4,64", "--batch", "1,2")
    rows = list(csv.DictReader(bitline(*asked).stdout.splitlines()))
    sizes = {(int(row["tokens"]), int(row["context"]), int(row["batch"])) for row in rows}
    assert sizes == {(1, 4, 1), (1, 64, 1), (1, 4, 2), (1, 64, 2), (8, 64, 1), (8, 64, 2)}
    bitline(*asked, "--csv", "table.csv")
    assert len((tmp_path / "table.csv").read_text().splitlines()) == len(rows) + 1
    assert "--tokens" in bitline("layers", "llama-3.2-1b", "--on", "gtx-1060", "--tokens", "a", code=2).stderr
    assert "from 1 up" in bitline("layers", "llama-3.2-1b", "--on", "gtx-1060", "--batch", "0", code=2).stderr
