"""Tabulate what formats of a processor cost trained language models, into docs/tables/formats.json and docs/formats.md.

Run:    python tools/tabulate_formats.py FOLDER [--model NAME ...]

FOLDER holds stories260k, babyllama105, shakespeare_gpt, tinystories and tinyshakespeare. Takes two minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from trained_models import SUBJECTS, Subject

from bitline.engines.gpu import Gpu
from bitline.hardware import Chip, Memory, Rule, Technology
from bitline.hardware.compression import Compression
from bitline.hardware.formats import PLAIN
from bitline.verbs.deploy import deploy
from bitline.verbs.evaluate import Likelihood

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "docs/tables/formats.json"
PAGE = REPOSITORY / "docs/formats.md"
BEGIN, END = "<!-- table of formats -->\n", "<!-- end of the table -->\n"
MODELS = ("stories260k", "babyllama105", "shakespeare_gpt")
PRUNED = Compression(kept=2, left_out=2)


def shared(bits: int, by: int, compression: Compression = PLAIN) -> Compression:
    """Let so many values share bits: 8 an exponent, 16 a scale, 32 a scale and a zero point."""
    return replace(compression, shared_bits=bits, shared_by=by)


FORMATS: Mapping[str, Mapping[str, Any]] = {
    "W8A8": {"format": "int8", "bits": 8},
    "W8A16": {"weight_bits": 8},
    "fp8, e4m3": {"format": "fp8", "bits": 8},
    "fp8, e5m2": {"format": "fp8_e5m2", "bits": 8},
    "W4A16": {"weight_bits": 4},
    "W4A16, groups of 128": {"weight_bits": 4, "weight_compression": shared(16, 128)},
    "W4A16, groups of 64": {"weight_bits": 4, "weight_compression": shared(16, 64)},
    "W4A16, groups of 32": {"weight_bits": 4, "weight_compression": shared(16, 32)},
    "W4A16, groups of 128 with a zero point": {"weight_bits": 4, "weight_compression": shared(32, 128)},
    "W4A16, groups of 64 with a zero point": {"weight_bits": 4, "weight_compression": shared(32, 64)},
    "weights in blocks of 32, mantissas of 8 bits": {"weight_bits": 8, "weight_compression": shared(8, 32)},
    "weights in blocks of 32, mantissas of 4 bits": {"weight_bits": 4, "weight_compression": shared(8, 32)},
    "KV8": {"cache_bits": 8},
    "KV4": {"cache_bits": 4},
    "KV4 with a zero point": {"cache_bits": 4, "cache_compression": shared(32, 128)},
    "keys and values in blocks of 32, mantissas of 8 bits": {"cache_bits": 8, "cache_compression": shared(8, 32)},
    "keys and values in blocks of 32, mantissas of 4 bits": {"cache_bits": 4, "cache_compression": shared(8, 32)},
    "W8A16, 2:4": {"weight_bits": 8, "weight_compression": PRUNED},
    "W2A16, groups of 128 with a zero point": {"weight_bits": 2, "weight_compression": shared(32, 128)},
    "W2A16, 2:4, groups of 128 with a zero point": {"weight_bits": 2, "weight_compression": shared(32, 128, PRUNED)},
}


def board(changes: Mapping[str, Any]) -> Chip:
    """Describe a processor of which nothing but formats matters here; changes are fields of its engine."""
    peaks = {"fp16": 1e12, "int8": 2e12, "fp8": 2e12, "fp8_e5m2": 2e12}
    memory = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=1e12, standard="hbm2")
    return Chip(
        name="board", technology=Technology(node_nm=16), memories={"main": memory},
        engines={"gpu": replace(Gpu(dense_macs_per_s=peaks, memory="main"), **changes)},
        placement=(Rule(operators=("*",), engine="gpu"),),
    )  # fmt: skip


def measured(subject: Subject, name: str) -> Likelihood:
    """Score a model in one of the formats."""
    return subject.score(deploy(subject.model, board(FORMATS[name])))


def read() -> dict[str, Any]:
    """Give the table as it was written: scores by model and format."""
    found: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def values(score: Likelihood) -> dict[str, float | int]:
    """Give what is kept of a score."""
    return {"nats_per_token": score.nats_per_token, "top1_fraction": score.top1_fraction, "tokens": score.tokens}


def rows(table: Mapping[str, Any]) -> str:
    """Give the table of the page: perplexity, and what it gained over the digital model's."""
    lines = ["| format | " + " | ".join(MODELS) + " |", "| --- |" + " --- |" * len(MODELS)]
    digital = {name: math.exp(table[name]["digital"]["nats_per_token"]) for name in MODELS}
    lines.append("| as the model is | " + " | ".join(f"{digital[name]:.3f}" for name in MODELS) + " |")
    for form in FORMATS:
        cells = [_cell(math.exp(table[name]["formats"][form]["nats_per_token"]), digital[name]) for name in MODELS]
        lines.append(f"| {form} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(found: float, digital: float) -> str:
    more = 100 * (found / digital - 1)
    number = f"{found:.3f}" if found < 100 else f"{found:.0f}"
    return f"{number} ({more:+.1f} %)" if more < 100 else f"{number} ({found / digital:.0f} x)"


def page_with(text: str, new: str) -> str:
    """Put a table between the marks of the page."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + "\n" + new + "\n" + END + rest.partition(END)[2]


def main() -> None:
    """Measure what was asked for, then write the table and its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", nargs="*", choices=MODELS, default=MODELS)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    table = read() if TABLE.exists() else {}
    for name in asked.model:
        subject = SUBJECTS[name](asked.folder)
        table[name] = {"text": subject.text, "digital": values(subject.score(subject.model))}
        table[name]["formats"] = {form: values(measured(subject, form)) for form in FORMATS}
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), rows(table)), encoding="utf-8")


if __name__ == "__main__":
    main()
