"""`bitline sweep` as a user starts it."""

from __future__ import annotations

import csv
import json

import pytest

VARY = ["--vary", "adc.bits=4..8", "--vary", "array.rows=64,256"]


def test_best_designs_in_a_table_and_all_in_a_file(bitline, tmp_path):
    file = tmp_path / "designs.csv"
    done = bitline("sweep", "default", *VARY, "--csv", str(file))
    assert "10 designs" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert len(rows) == 10
    assert rows[0]["adc.bits"] == "4"
    assert float(rows[0]["ops_per_j"]) > float(rows[-1]["ops_per_j"]) > 0


def test_json_has_every_design(bitline):
    tree = json.loads(bitline("sweep", "default", *VARY, "--json").stdout)
    assert tree["designs"] == 10
    assert len(tree["ops_per_j"]) == len(tree["axes"]["array.rows"]) == 10


@pytest.mark.parametrize(
    "words", [("default", "--vary", "adc.bit=4"), ("nowhere", *VARY), ("default", "--vary", "x"), ("h100-sxm", *VARY)]
)
def test_wrong_input_is_one_line(bitline, words):
    done = bitline("sweep", *words, code=2)
    assert done.stderr.startswith("bitline: ")
    assert done.stderr.count("\n") == 1
