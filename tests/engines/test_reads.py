"""How often kernels read keys, values and experts, what stays on chip, and lookups counted as products."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.engines.gpu import Gpu
from bitline.engines.kernels import Kernels
from bitline.engines.reads import Lookup, Reads
from bitline.hardware import Devices
from bitline.mapping.devices import of_one_device
from bitline.operators import Gather, MatMul, Operator
from bitline.workload import decode, prefill

MODEL = load_model("llama-2-70b")
"""Eight query heads for each of keys and values."""


def found(name: str, batch: int, tokens: int, context: int, parts: int = 1) -> MatMul:
    """Give an attention product of a prompt or a step, of one device out of some."""
    step = prefill(MODEL, batch, tokens) if tokens > 1 else decode(MODEL, batch, context)
    chip = replace(load_chip("a100"), devices=Devices(tensor=parts))
    operators = (o for block in of_one_device(step, chip).blocks for o in block.operators)
    return next(o for o in operators if o.name == name and isinstance(o, MatMul))


@pytest.mark.parametrize("parts", [1, 8, 16])
@pytest.mark.parametrize(("batch", "tokens"), [(1, 1), (4, 1), (1, 1024), (2, 1000)])
def test_keys_pass_once_for_each_head_and_block_of_queries(parts: int, batch: int, tokens: int) -> None:
    scores = found("scores", batch, tokens, 1024, parts)
    blocks = -(-tokens // 128)
    # Sixteen devices share eight heads of keys: four queries each to one of them.
    heads = 4 if parts == 16 else 8
    assert Reads().times(scores) == 1
    assert Reads(block_tokens=128).times(scores) == blocks
    assert Reads(each_head=True).times(scores) == heads
    assert Reads(each_head=True, block_tokens=128).times(scores) == heads * blocks


def test_one_kernel_counts_keys_or_values_and_blocks_of_a_head() -> None:
    both, one = Reads(each_head=True), Reads(each_head=True, block_of_head=True, keys_or_values=True)
    for name in ("scores", "context"):
        for tokens, blocks in ((1, 1), (128, 1), (1000, 8)):
            product = found(name, 2, tokens, 1024)
            assert one.times(product) == both.times(product) * blocks / 2
    scores, context = (found(name, 2, 1, 1024) for name in ("scores", "context"))
    assert one.passing(scores, scores.vectors) == (2 * 64 * 128, 2 * 64 * 1024)
    assert one.passing(context, context.vectors) == (2 * 64 * 1024, 0)


def test_a_prompt_counts_queries_as_keys_where_asked() -> None:
    few = Reads(queries_as_keys=True)
    prompt, step = found("scores", 2, 1000, 1000), found("scores", 2, 1, 1024)
    assert few.passing(prompt, prompt.vectors) == (2 * 1000 * 8 * 128, 2 * 1000 * 64 * 1000)
    assert few.passing(step, step.vectors) == (2 * 64 * 128, 2 * 64 * 1024)
    context = found("context", 2, 1000, 1000)
    assert few.passing(context, context.vectors) == Reads().passing(context, context.vectors)


def test_scores_that_stay_are_neither_written_nor_read() -> None:
    scores, context = (found(name, 2, 1, 1024) for name in ("scores", "context"))
    stay = Reads(scores_stay=True)
    assert stay.passing(scores, scores.vectors) == (2 * 64 * 128, 0)
    assert stay.passing(context, context.vectors) == (0, 2 * 64 * 128)
    assert Reads().passing(scores, scores.vectors) == (2 * 64 * 128, 2 * 64 * 1024)


def test_a_step_reads_the_experts_of_one_token_and_a_prompt_all_it_hits() -> None:
    model, few = load_model("mixtral-8x7b"), Reads(one_token_rows=511)
    for rows, read in ((1, 2), (32, 2), (511, 2), (512, 8)):
        step = decode(model, rows, 1024)
        up = next(o for b in step.blocks for o in b.operators if o.role == "expert_up" and isinstance(o, MatMul))
        assert float(few.times(up)) * float(up.matrices) == pytest.approx(read, rel=1e-6), rows
    assert few.times(replace(up, vectors=4, vectors_per_token=2, matrices=3.5)) == pytest.approx(2 / 3.5)


def test_lookups_as_products_meet_the_whole_table() -> None:
    table = Gather(name="embedding", role="embedding", elements=3 * 64, held=1000 * 64, width=64)
    assert Lookup().times(table) == (3, 1)
    assert Lookup(many_rows=3, many_products=2).times(table) == (6, 2)
    assert Lookup(many_rows=4, many_products=2).times(table) == (3, 1)
    assert Lookup().times(replace(table, held=0)) == (0, 0)
    rows, tables = Lookup(many_rows=3, many_products=2).times(replace(table, elements=np.array([64, 192])))
    assert np.array_equal(rows, [1, 6])
    assert np.array_equal(tables, [1, 2])


def test_a_product_with_the_table_takes_as_long_as_the_head() -> None:
    gpu = load_chip("a100/genz").engines["gpu"]
    assert isinstance(gpu, Gpu)
    counted = replace(gpu, kernels={"embedding": Kernels(lookup=Lookup()), "lm_head": Kernels()})
    both: list[Operator] = [o for b in prefill(MODEL, 600, 1).blocks for o in b.operators]
    uses = {o.name: counted.work(o).stream["mac"].total for o in both if o.name in ("embedding", "lm_head")}
    assert uses["embedding"] == uses["lm_head"] == 600 * 8192 * 32000


def test_flash_attention_reads_grouped_keys_or_values_eight_times() -> None:
    plain, flash = (load_chip(f"a100/llm-viewer{kind}") for kind in ("", "-flash"))
    step = Request(batch=32, prompt=2047, generate=2)
    spent = [estimate(MODEL, chip, step) for chip in (plain, flash)]
    first, again = (
        sum(o.time_s for o in one.operators if o.phase == "decode" and o.role in ("scores", "context", "softmax"))
        for one in spent
    )
    cache_s = 80 * 2 * 32 * 2048 * 1024 * 2 / 2.039e12
    # One of keys and values, but for every head of queries; scores are a 64th of that.
    assert again == pytest.approx(8 / 2 * cache_s, rel=2e-2)
    assert cache_s < first < 3 * cache_s


def test_scores_are_gathered_unless_each_device_keeps_its_own() -> None:
    board = load_chip("a100@4")
    kept = replace(board, devices=replace(board.devices, gathers_scores=False))
    for name in ("llama-2-7b", "gemma-2-2b"):
        roles = [
            {o.role for o in estimate(load_model(name), one, Request(prompt=8)).operators} for one in (board, kept)
        ]
        assert roles[0] - roles[1] == {"all_gather"}
        assert not roles[1] - roles[0]
