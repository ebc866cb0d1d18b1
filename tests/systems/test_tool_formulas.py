"""What two roofline tools compute, written out by hand, beside our estimates with their conventions selected.

The formulas give every cell that the tools printed (see test_tool_outputs.py), so they say what the tools would print
elsewhere: other batches, contexts, models, boards and groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.engines.gpu import Gpu
from bitline.hardware import Chip
from bitline.workload import Model

BATCHES, CONTEXTS = (1, 8, 32, 256), (512, 1024, 2048)
GIB = 2**30


@dataclass(frozen=True)
class Shape:
    """Of a decoder: widths of the hidden row, of a head, of the feed-forward network; experts and those of a token."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocabulary: int
    matrices: int = 3
    experts: int = 1
    chosen: int = 1

    @property
    def head(self) -> int:
        return self.hidden // self.heads


SHAPES = {
    "llama-2-7b": Shape(4096, 32, 32, 32, 11008, 32000),
    "llama-2-13b": Shape(5120, 40, 40, 40, 13824, 32000),
    "llama-2-70b": Shape(8192, 80, 64, 8, 28672, 32000),
    "llama-3.1-8b": Shape(4096, 32, 32, 8, 14336, 128256),
    "opt-30b": Shape(7168, 48, 56, 56, 28672, 50272),
    "mixtral-8x7b": Shape(4096, 32, 32, 8, 14336, 32000, experts=8, chosen=2),
}


def llm_viewer_s(shape: Shape, peak: float, bandwidth: float, batch: int, tokens: int, keys: int) -> float:
    """LLM-Viewer without FlashAttention: every operation at the slower of its operations and its bytes, in 16 bits."""
    s, rows = shape, batch * tokens
    kv, qo = s.kv_heads * s.head, s.heads * s.head
    linear = [(s.hidden, qo), (s.hidden, kv), (s.hidden, kv), (qo, s.hidden)]
    linear += [(s.hidden, s.inner), (s.hidden, s.inner), (s.inner, s.hidden)]
    scores = rows * s.heads * keys
    cached = batch * s.kv_heads * keys * s.head
    work = [(2 * rows * k * n, k * n + rows * (k + n)) for k, n in linear]
    work += 2 * [(2 * scores * s.head, cached + rows * qo + scores)]
    work += [(5 * scores, 2 * scores)]
    work += 2 * [(7 * rows * s.hidden, 2 * rows * s.hidden)] + 2 * [(rows * s.hidden, 2 * rows * s.hidden)]
    work += [(5 * rows * s.hidden, 3 * rows * s.hidden)]
    head = batch * s.hidden * s.vocabulary, s.hidden * s.vocabulary + s.hidden + s.vocabulary
    return sum(
        n * max(operations / peak, 2 * values / bandwidth)
        for n, each in ((s.layers, work), (1, [head]))
        for operations, values in each
    )


def genz_s(shape: Shape, peak: float, bandwidth: float, batch: int, tokens: int, keys: int, parts: int = 1) -> float:
    """GenZ: products of 16 bits, inputs and outputs on chip at 18,000 GiB/s, two all-reduces of a layer in a ring."""
    s, rows = shape, batch * tokens

    def product_s(rows: float, k: float, n: float, matrices: float = 1) -> float:
        return max(2 * rows * k * n / peak, 2 * matrices * k * n / bandwidth + 2 * rows * (k + n) / (18000 * GIB))

    qo, kv = s.heads * s.head / parts, s.kv_heads * s.head / parts
    layer = product_s(rows, s.hidden, qo + 2 * kv) + product_s(rows, qo, s.hidden)
    read = s.chosen if tokens == 1 else s.experts
    inner, sent = s.inner / parts, rows * s.chosen
    layer += product_s(sent, s.hidden, 2 * inner, read) + product_s(sent, inner, s.hidden, read)
    moved = 2 * batch * keys * kv / bandwidth + 2 * rows * (qo + s.heads / parts * keys) / (18000 * GIB)
    layer += 2 * max(2 * rows * keys * qo / peak, moved)
    layer += 2 * 2 * (parts - 1) / parts * 2 * rows * s.hidden / (150 * GIB)
    times = 1 if tokens == 1 else 2
    return (
        s.layers * layer
        + times * max(2 * rows * s.hidden * s.vocabulary / peak, 2 * s.hidden * s.vocabulary / bandwidth) / parts
    )


def llmcompass_s(shape: Shape, keys: int, parts: int) -> tuple[float, float]:
    """LLMCompass, one block of a step of one request: each kernel's start and bytes; and one all-reduce in a ring."""
    s, bandwidth = shape, 2.048e12
    qo, inner = s.hidden / parts, s.inner / parts
    products = 3 * [(s.hidden, qo)] + [(qo, s.hidden), (s.hidden, inner), (inner, s.hidden)]
    linear_s = sum(21e-6 + 2 * (k * n + k + n) / bandwidth for k, n in products)
    scores = s.heads / parts * keys
    attention_s = 2 * (21e-6 + 2 * (qo * keys + qo + scores) / bandwidth) + 12e-6 + 2 * 2 * scores / bandwidth
    functions_s = 3 * 45e-6 + 2 * (2 * 2 * s.hidden + 2 * inner) / bandwidth
    exchange_s = 2 * (parts - 1) * (8.92e-6 + 2 * s.hidden / parts / 3e11)
    return linear_s + attention_s + functions_s, exchange_s


def points() -> Iterator[tuple[int, int]]:
    yield from product(BATCHES, CONTEXTS)


def ours_s(model: Model, board: Chip, batch: int, context: int) -> tuple[float, float]:
    """Time of a prompt, and of a step that looks back on as many tokens."""
    first = estimate(model, board, Request(batch=batch, prompt=context)).time_to_first_token_s
    step = estimate(model, board, Request(batch=batch, prompt=context - 1, generate=2)).mean_time_per_token_s
    return first, step


BOARDS = {
    "a100": (312e12, 2.039e12),
    "h100": (989.5e12, 3.072e12),
    "a6000": (154.8e12, 7.68e11),
    "v100": (112e12, 9e11),
}
"""Peaks of LLM-Viewer's boards: operations and bytes per second."""


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "mixtral-8x7b"])
def test_llm_viewer_comes_out_wherever_it_is_asked(name: str, board: str) -> None:
    chip = load_chip("a100/llm-viewer-opt" if name.startswith("opt") else "a100/llm-viewer")
    model, shape = load_model(name), SHAPES[name]
    for batch, context in product((1, 8, 32, 128), CONTEXTS):
        theirs = [llm_viewer_s(shape, *BOARDS[board], batch, tokens, context) for tokens in (context, 1)]
        found = ours_s(model, at(chip, *BOARDS[board]), batch, context)
        assert found == pytest.approx(theirs, rel=5e-3), (batch, context)


@pytest.mark.parametrize("parts", [1, 2, 8])
@pytest.mark.parametrize("name", [name for name in SHAPES if not name.startswith("opt")])
def test_genz_comes_out_wherever_it_is_asked(name: str, parts: int) -> None:
    chip = load_chip(f"a100/genz@{parts}")
    model, shape = load_model(name), SHAPES[name]
    for batch, context in points():
        theirs = [genz_s(shape, 312e12, 2039 * GIB, batch, tokens, context, parts) for tokens in (context, 1)]
        assert ours_s(model, chip, batch, context) == pytest.approx(theirs, rel=1e-2), (batch, context)


@pytest.mark.parametrize("parts", [1, 4, 8])
@pytest.mark.parametrize("keys", [128, 1025, 2048])
def test_llmcompass_comes_out_in_decode_on_groups_too(keys: int, parts: int) -> None:
    chip = load_chip(f"a100/llmcompass@{parts}")
    found = estimate(load_model("opt-30b"), chip, Request(prompt=keys - 1, generate=2)).operators
    layer = [o for o in found if o.phase == "decode" and o.block == "layers"]
    computed_s = sum(o.time_s / o.layers for o in layer if o.role != "all_reduce")
    exchanges = [o.time_s / o.layers for o in layer if o.role == "all_reduce"]
    theirs_s, exchange_s = llmcompass_s(SHAPES["opt-30b"], keys, parts)
    assert computed_s == pytest.approx(theirs_s, rel=2e-3)
    assert exchanges == pytest.approx(2 * [exchange_s] if parts > 1 else [])


def at(board: Chip, peak: float, bandwidth: float) -> Chip:
    """Give a board other peaks."""
    gpu = board.engines["gpu"]
    assert isinstance(gpu, Gpu)
    own = replace(gpu, dense_macs_per_s={"fp16": peak / 2}, vector_operations_per_s=peak)
    memory = replace(board.memories["hbm"], bandwidth_bytes_per_s=bandwidth)
    return replace(board, engines={"gpu": own}, memories={"hbm": memory})
