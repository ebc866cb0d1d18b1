"""What three tools compute, written out by hand, beside our estimates with their conventions selected.

The formulas are those of the tools' sources (stated): LLM-Viewer, model_analyzer.py; GenZ, collective_times.py,
Models/{attention,ffn,embedding}.py, system.py; LLMCompass, communication_primitives.py and configs/GA100.json. What the
tools printed is in test_tool_outputs.py; here are other batches, contexts, models, boards and groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import ceil

import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.engines.gpu import Gpu
from bitline.hardware import Chip
from bitline.workload import Model

BATCHES, CONTEXTS = (1, 8, 32, 256), (512, 1024, 2048)
GIB = 2**30
Board = tuple[float, float]
"""Operations and bytes per second."""
VIEWER_WITHIN = 5e-3
"""A head that is bound by arithmetic (128 requests of a small model); all else within 0.2 %."""
GENZ_WITHIN = 4e-3
"""The tool makes queries, keys and values in one product, gates and matrices up in another: their inputs pass once."""


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
    "llama-3.2-1b": Shape(2048, 16, 32, 8, 8192, 128256),
    "opt-30b": Shape(7168, 48, 56, 56, 28672, 50272),
    "mixtral-8x7b": Shape(4096, 32, 32, 8, 14336, 32000, experts=8, chosen=2),
}


def slowest_s(operators: Sequence[tuple[float, float]], peak: float, bandwidth: float) -> float:
    """Each operator takes as long as its operations or its bytes do."""
    return sum(max(operations / peak, moved / bandwidth) for operations, moved in operators)


def llm_viewer_s(shape: Shape, board: Board, batch: int, tokens: int, keys: int, *, flash: bool = False) -> float:
    """LLM-Viewer, 16 bits: operations and bytes of every operator of a layer, then those of the head."""
    s, rows = shape, batch * tokens
    kv, qo = s.kv_heads * s.head, s.heads * s.head
    linear = [(s.hidden, qo), (s.hidden, kv), (s.hidden, kv), (qo, s.hidden)]
    linear += [(s.hidden, s.inner), (s.hidden, s.inner), (s.inner, s.hidden)]
    layer = [(2 * rows * k * n, 2 * (k * n + rows * (k + n))) for k, n in linear]
    scores = rows * s.heads * keys
    if flash:
        blocks = 1 if tokens == 1 else -(-tokens // s.head)
        moved = 2 * rows * qo + 2 * 2 * scores + blocks * 2 * batch * keys * qo
        layer += [(2 * 2 * scores * s.head + 5 * scores, moved)]
    else:
        # A prompt counts its keys twice instead of queries and keys.
        first = rows * qo if tokens == 1 else rows * kv
        layer += [(2 * scores * s.head, 2 * (first + batch * keys * kv + scores))]
        layer += [(2 * scores * s.head, 2 * (scores + batch * keys * kv + rows * qo))]
        layer += [(5 * scores, 2 * 2 * scores)]
    layer += 2 * [(7 * rows * s.hidden, 2 * 2 * rows * s.hidden)] + 2 * [(rows * s.hidden, 2 * 2 * rows * s.hidden)]
    layer += [(2 * rows * s.hidden, 2 * 3 * rows * s.hidden)]
    head = batch * s.hidden * s.vocabulary, 2 * (s.hidden * s.vocabulary + s.hidden + s.vocabulary)
    return s.layers * slowest_s(layer, *board) + slowest_s([head], *board)


def genz_s(shape: Shape, board: Board, link: float, batch: int, tokens: int, keys: int, parts: int) -> float:
    """GenZ: products of 16 bits, inputs and outputs on chip at 18,000 GiB/s; all-reduces and all-gathers in a ring."""
    s, rows = shape, batch * tokens
    peak, bandwidth = board[0], board[1] * GIB / 1e9

    def product_s(rows: float, k: float, n: float, matrices: float = 1) -> float:
        return max(2 * rows * k * n / peak, 2 * matrices * k * n / bandwidth + 2 * rows * (k + n) / (18000 * GIB))

    def passed_s(values: float, rounds: int) -> float:
        messages = rounds * (parts - 1)
        return 5e-6 + messages * 1e-6 + messages / parts * 2 * values / (link * GIB) if parts > 1 else 0.0

    heads, kv_heads = -(-s.heads // parts), max(1, -(-s.kv_heads // parts))
    qo, kv, inner = heads * s.head, kv_heads * s.head, s.inner / parts
    layer = product_s(rows, s.hidden, qo + 2 * kv) + product_s(rows, qo, s.hidden)
    read, sent = s.chosen if tokens == 1 else s.experts, rows * s.chosen
    layer += product_s(sent, s.hidden, 2 * inner, read) + product_s(sent, inner, s.hidden, read)
    moved = 2 * batch * keys * kv / bandwidth + 2 * rows * (qo + heads * keys) / (18000 * GIB)
    layer += 2 * max(2 * rows * keys * qo / peak, moved)
    layer += 2 * passed_s(rows * s.hidden, 2)
    vocabulary = product_s(rows, s.hidden, s.vocabulary / parts)
    looked_up = vocabulary + passed_s(rows * s.hidden, 2) if tokens > 1 else 0.0
    return s.layers * layer + looked_up + vocabulary + passed_s(rows * s.vocabulary, 1)


def llmcompass_s(shape: Shape, keys: int, parts: int) -> float:
    """LLMCompass, one block of a step of one request: each kernel's start and bytes."""
    s, bandwidth = shape, 2.048e12
    qo, inner = s.hidden / parts, s.inner / parts
    products = 3 * [(s.hidden, qo)] + [(qo, s.hidden), (s.hidden, inner), (inner, s.hidden)]
    linear_s = sum(21e-6 + 2 * (k * n + k + n) / bandwidth for k, n in products)
    scores = s.heads / parts * keys
    attention_s = 2 * (21e-6 + 2 * (qo * keys + qo + scores) / bandwidth) + 12e-6 + 2 * 2 * scores / bandwidth
    functions_s = 3 * 45e-6 + 2 * (2 * 2 * s.hidden + 2 * inner) / bandwidth
    return linear_s + attention_s + functions_s


def llmcompass_exchange_s(moved: float, parts: int) -> float:
    """LLMCompass, an all-reduce of so many bytes: packets of 256 B behind headers of 16 B, and one header more."""
    each = moved / parts
    sent = 16 + 16 * ceil(each / 256) + each
    in_turn_s = (parts - 1) * (8.92e-6 + sent / (600e9 / (parts - 1)))
    return in_turn_s + sent / (300e9 / (parts - 1))


def points() -> Iterator[tuple[int, int]]:
    yield from product(BATCHES, CONTEXTS)


def ours_s(model: Model, board: Chip, batch: int, context: int) -> tuple[float, float]:
    """Time of a prompt, and of a step that looks back on as many tokens."""
    first = estimate(model, board, Request(batch=batch, prompt=context)).time_to_first_token_s
    step = estimate(model, board, Request(batch=batch, prompt=context - 1, generate=2)).mean_time_per_token_s
    return first, step


BOARDS: dict[str, Board] = {
    "a100": (312e12, 2.039e12),
    "h100": (989.5e12, 3.072e12),
    "a6000": (154.8e12, 7.68e11),
    "v100": (112e12, 9e11),
}
"""Peaks of LLM-Viewer's boards: operations and bytes per second."""


GENZ: dict[str, tuple[Board, float]] = {
    "A100_80GB": ((312e12, 2.039e12), 150),
    "A100_40GB": ((312e12, 1.6e12), 150),
    "H100": ((989e12, 3.4e12), 450),
    "MI300X": ((1307e12, 5.3e12), 400),
    "Gaudi3": ((1600e12, 3.675e12), 300),
    "TPUv5e": ((197e12, 8.2e11), 50),
}
"""Peaks of GenZ's boards and what their links carry; links of MI300X and Gaudi3 are assumed."""


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", [name for name in SHAPES if name != "mixtral-8x7b"])
def test_llm_viewer_comes_out_wherever_it_is_asked(name: str, board: str) -> None:
    chip = load_chip("a100/llm-viewer-opt" if name.startswith("opt") else "a100/llm-viewer")
    model, shape = load_model(name), SHAPES[name]
    for batch, context in product((1, 8, 32, 128), CONTEXTS):
        theirs = [llm_viewer_s(shape, BOARDS[board], batch, tokens, context) for tokens in (context, 1)]
        found = ours_s(model, at(chip, *BOARDS[board]), batch, context)
        assert found == pytest.approx(theirs, rel=VIEWER_WITHIN), (batch, context)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("name", [name for name in SHAPES if name.startswith("llama")])
def test_llm_viewer_with_flash_attention_comes_out_wherever_it_is_asked(name: str, board: str) -> None:
    chip, model = load_chip("a100/llm-viewer-flash"), load_model(name)
    for batch, context in product((1, 8, 32, 128), (*CONTEXTS, 4000, 8192)):
        theirs = [llm_viewer_s(SHAPES[name], BOARDS[board], batch, tokens, context, flash=True)
                  for tokens in (context, 1)]  # fmt: skip
        found = ours_s(model, at(chip, *BOARDS[board]), batch, context)
        assert found == pytest.approx(theirs, rel=VIEWER_WITHIN), (batch, context)


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
@pytest.mark.parametrize("name", [name for name in SHAPES if not name.startswith("opt")])
def test_genz_comes_out_wherever_it_is_asked(name: str, parts: int) -> None:
    chip = load_chip(f"a100/genz@{parts}")
    model, shape = load_model(name), SHAPES[name]
    for batch, context in points():
        theirs = [genz_s(shape, *GENZ["A100_80GB"], batch, tokens, context, parts) for tokens in (context, 1)]
        assert ours_s(model, chip, batch, context) == pytest.approx(theirs, rel=GENZ_WITHIN), (batch, context)


@pytest.mark.parametrize("parts", [1, 8])
@pytest.mark.parametrize("board", GENZ)
def test_genz_comes_out_on_its_other_boards(board: str, parts: int) -> None:
    (peak, bandwidth), link = GENZ[board]
    chip = at(load_chip(f"a100/genz@{parts}"), peak, bandwidth * GIB / 1e9)
    gpu = chip.engines["gpu"]
    assert isinstance(gpu, Gpu)
    own = replace(gpu, activation_traffic_fraction=bandwidth / 18000e9)
    chip = replace(chip, engines={"gpu": own}, devices=replace(chip.devices, bandwidth_bytes_per_s=link * GIB))
    for name in ("llama-2-13b", "llama-3.1-8b"):
        for batch, context in points():
            theirs = [genz_s(SHAPES[name], *GENZ[board], batch, tokens, context, parts) for tokens in (context, 1)]
            found = ours_s(load_model(name), chip, batch, context)
            assert found == pytest.approx(theirs, rel=GENZ_WITHIN), (name, batch, context)


@pytest.mark.parametrize("parts", [1, 4])
def test_genz_comes_out_on_an_h100_as_it_is_described(parts: int) -> None:
    for batch, context in points():
        theirs = [genz_s(SHAPES["llama-2-7b"], *GENZ["H100"], batch, n, context, parts) for n in (context, 1)]
        found = ours_s(load_model("llama-2-7b"), load_chip(f"h100/genz@{parts}"), batch, context)
        assert found == pytest.approx(theirs, rel=GENZ_WITHIN), (batch, context)


@pytest.mark.parametrize("parts", [1, 2, 4, 8])
@pytest.mark.parametrize("keys", [128, 1025, 2048])
def test_llmcompass_comes_out_in_decode_on_groups_too(keys: int, parts: int) -> None:
    chip, shape = load_chip(f"a100/llmcompass@{parts}"), SHAPES["opt-30b"]
    found = estimate(load_model("opt-30b"), chip, Request(prompt=keys - 1, generate=2)).operators
    layer = [o for o in found if o.phase == "decode" and o.block == "layers"]
    computed_s = sum(o.time_s / o.layers for o in layer if o.role != "all_reduce")
    exchanges = [o.time_s / o.layers for o in layer if o.role == "all_reduce"]
    assert computed_s == pytest.approx(llmcompass_s(shape, keys, parts), rel=2e-3)
    theirs_s = 2 * [llmcompass_exchange_s(2 * shape.hidden, parts)] if parts > 1 else []
    assert exchanges == pytest.approx(theirs_s, rel=2e-3)


@pytest.mark.parametrize("parts", [2, 4, 8])
@pytest.mark.parametrize(("batch", "tokens"), [(1, 128), (1, 2048), (8, 1000), (32, 512)])
def test_all_reduces_of_llmcompass_come_out_in_a_prefill(batch: int, tokens: int, parts: int) -> None:
    chip, shape = load_chip(f"a100/llmcompass@{parts}"), SHAPES["opt-30b"]
    found = estimate(load_model("opt-30b"), chip, Request(batch=batch, prompt=tokens)).operators
    exchanges = [o.time_s / o.layers for o in found if o.block == "layers" and o.role == "all_reduce"]
    theirs_s = llmcompass_exchange_s(2 * batch * tokens * shape.hidden, parts)
    assert exchanges == pytest.approx(2 * [theirs_s], rel=1e-3)


def at(board: Chip, peak: float, bandwidth: float) -> Chip:
    """Give a board other peaks."""
    gpu = board.engines["gpu"]
    assert isinstance(gpu, Gpu)
    own = replace(gpu, dense_macs_per_s={"fp16": peak / 2}, vector_operations_per_s=peak)
    memory = replace(board.memories["hbm"], bandwidth_bytes_per_s=bandwidth)
    return replace(board, engines={"gpu": own}, memories={"hbm": memory})
