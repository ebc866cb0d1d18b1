"""Which operator waits for which, written out for the layers that differ most."""

from __future__ import annotations

import numpy as np

from bitline.operators import Block, MatMul, Operator, Vector
from bitline.workload import decode, load_model, prefill


def edges(block: Block) -> dict[str, set[str]]:
    return {operator.name: set(operator.after) for operator in block.operators}


def named(block: Block) -> dict[str, Operator]:
    return {operator.name: operator for operator in block.operators}


def test_a_layer_with_norms_before() -> None:
    assert edges(decode(load_model("llama-2-7b"), 1, 9).blocks[1]) == {
        "norm1": set(),
        "q": {"norm1"},
        "k": {"norm1"},
        "v": {"norm1"},
        "q_rope": {"q"},
        "k_rope": {"k"},
        "kv_write": {"k_rope", "v"},
        "scores": {"q_rope", "kv_write"},
        "softmax": {"scores"},
        "context": {"softmax"},
        "out": {"context"},
        "add1": {"out"},
        "norm2": {"add1"},
        "up": {"norm2"},
        "gate": {"norm2"},
        "silu": {"gate"},
        "gated": {"silu", "up"},
        "down": {"gated"},
        "add2": {"down", "add1"},
    }


def test_layers_side_by_side() -> None:
    falcon = edges(decode(load_model("falcon-7b"), 1, 9).blocks[1])
    assert falcon["q"] == falcon["up"] == {"norm1"}
    assert falcon["add1"] == {"out", "down"}
    pythia = edges(decode(load_model("pythia-70m"), 1, 9).blocks[1])
    assert (pythia["q"], pythia["up"]) == ({"norm1"}, {"norm2"})
    assert pythia["norm2"] == set()


def test_norms_after_and_around() -> None:
    bert = edges(prefill(load_model("bert-tiny"), 1, 9).blocks[1])
    assert bert["q"] == set()
    assert bert["norm1"] == {"add1"}
    assert bert["add2"] == {"down", "norm1"}
    gemma = edges(decode(load_model("gemma-2-2b"), 1, 9).blocks[1])
    assert gemma["output_norm1"] == {"out"}
    assert gemma["add1"] == {"output_norm1"}
    assert gemma["add2"] == {"output_norm2", "add1"}
    olmo = edges(decode(load_model("olmo-2-7b"), 1, 9).blocks[1])
    assert olmo["q"] == set()
    assert olmo["add1"] == {"output_norm1"}


def test_experts_wait_for_their_router() -> None:
    block = prefill(load_model("qwen1.5-moe-a2.7b"), 2, 5).blocks[1]
    found = edges(block)
    assert found["route"] == {"router_scores"}
    assert found["expert_up"] == found["expert_gate"] == {"route", "norm2"}
    assert found["shared_up"] == {"norm2"}
    assert found["combine"] == {"expert_down", "shared_scaled"}
    combine = named(block)["combine"]
    assert isinstance(combine, Vector)
    assert combine.elements == 10 * (4 + 1) * 2048
    plain = named(prefill(load_model("mixtral-8x7b"), 2, 5).blocks[1])["combine"]
    assert isinstance(plain, Vector)
    assert plain.elements == 10 * 2 * 4096


def test_chosen_tokens_bound_the_products() -> None:
    block = decode(load_model("deepseek-v3.2"), 2, np.array([100, 5000])).blocks[1]
    found, waits = named(block), edges(block)
    scores, context, index, total = (
        found[name] for name in ("scores", "context", "index_scores", "index_sum")
    )  # fmt: skip
    assert isinstance(scores, MatMul)
    assert isinstance(context, MatMul)
    assert isinstance(index, MatMul)
    assert isinstance(total, MatMul)
    assert np.array_equal(scores.n, [100, 2048])
    assert np.array_equal(context.k, [100, 2048])
    assert np.array_equal(index.n, [100, 5000])
    assert (index.vectors, index.k, index.matrices) == (2 * 64, 128, 2)
    assert (total.vectors, total.k, total.matrices, total.stationary) == (2, 64, 2, None)
    assert "index_choice" in waits["scores"]
    assert waits["index_sum"] == {"index_relu", "index_weights"}


def test_sinks_join_the_softmax() -> None:
    block = decode(load_model("gpt-oss-20b"), 3, 40).blocks[1]
    softmax = named(block)["softmax"]
    assert isinstance(softmax, Vector)
    assert softmax.elements == 3 * 64 * 41


def test_the_delta_rule_reads_its_state_after_the_update() -> None:
    block = next(b for b in decode(load_model("qwen3-next-80b-a3b"), 2, 40).blocks if b.name == "linear_layers")
    waits, found = edges(block), named(block)
    assert waits["state_update"] == {"state_guess"}
    assert waits["state_write"] == {"state_update"}
    assert waits["state_read"] == {"state_write"}
    read = found["state_read"]
    assert isinstance(read, MatMul)
    assert (read.vectors, read.k, read.n, read.matrices) == (2 * 32, 128, 128, 2 * 32)


def test_mobilebert_narrows_and_widens() -> None:
    waits = edges(prefill(load_model("mobilebert"), 1, 9).blocks[1])
    assert waits["q"] == waits["k"] == {"attention_bottleneck_norm"}
    assert waits["v"] == set()
    assert waits["attention_add"] == {"out", "bottleneck_norm"}
    assert waits["network1_up"] == {"attention_norm"}
    assert waits["widen_add"] == {"widen"}


def test_cross_attention_reads_the_encoder() -> None:
    blocks = {b.name: b for b in prefill(load_model("t5-small"), 2, 30).blocks}
    waits = edges(blocks["decoder_layers"])
    assert waits["cross_k"] == waits["cross_v"] == set()
    assert waits["cross_q"] == {"norm2"}
    assert waits["cross_scores"] == {"cross_q", "cross_kv_write"}
    made = named(blocks["decoder_layers"])["cross_k"]
    assert isinstance(made, MatMul)
    assert made.vectors == 2 * 30
