"""One device's share: nothing is lost, nothing is done twice, and as much is passed on as sums need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import CapacityError
from bitline.hardware import Chip, Devices
from bitline.mapping.devices import of_one_device, parts_of, values_sent
from bitline.mapping.devices.requests import portion
from bitline.operators import Exchange, Gather, MatMul, Route, Vector, Workload
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import decode, load_model, mixed, prefill

H100 = load_chip("h100")
FAMILIES = ("llama-2-7b", "llama-3.1-8b", "mixtral-8x7b", "deepseek-v3", "qwen3-8b", "gpt2", "gpt-j-6b")


def on(**devices: object) -> Chip:
    return replace(H100, devices=Devices(**devices))  # type: ignore[arg-type]


def weights(workload: Workload) -> float:
    return sum(
        float(o.k * o.n * o.held) * block.repeat
        for block in workload.blocks
        for o in block.operators
        if isinstance(o, MatMul) and o.stationary == "weight"
    )


def exchanges(workload: Workload) -> list[tuple[str, Exchange]]:
    return [(b.name, o) for b in workload.blocks for o in b.operators if isinstance(o, Exchange)]


def same(one: object, other: object) -> bool:
    return bool(np.allclose(np.asarray(one, dtype=float), np.asarray(other, dtype=float), rtol=1e-9))


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("parts", [2, 4])
def test_a_part_of_the_requests_is_what_a_smaller_batch_asks_for(name: str, parts: int) -> None:
    model, contexts = load_model(name), np.array([17, 900])
    part, smaller = portion(decode(model, 8, contexts), parts), decode(model, 8 // parts, contexts)
    assert part.batch == smaller.batch
    for one, other in zip(part.blocks, smaller.blocks, strict=True):
        for ours, theirs in zip(one.operators, other.operators, strict=True):
            assert ours.name == theirs.name
            fields = {
                MatMul: ("vectors", "k", "n", "matrices", "held"), Vector: ("elements", "rows"),
                Gather: ("elements", "held"), Route: ("rows",),
            }[type(ours)]  # fmt: skip
            for field in fields:
                assert same(getattr(ours, field), getattr(theirs, field)), (ours.name, field)


@pytest.mark.parametrize("tensor", [2, 4, 8])
@pytest.mark.parametrize("name", ["llama-2-7b", "llama-3.1-8b", "mixtral-8x7b"])
@pytest.mark.parametrize("step", ["prefill", "decode"])
def test_matrices_and_heads_cut_over_devices_are_all_there_once(name: str, step: str, tensor: int) -> None:
    model = load_model(name)
    whole = prefill(model, 2, 256) if step == "prefill" else decode(model, 2, 256)
    one = of_one_device(whole, on(tensor=tensor))
    router = sum(
        float(o.macs) * b.repeat
        for b in whole.blocks
        for o in b.operators
        if isinstance(o, MatMul) and o.role == "router"
    )
    assert float(one.macs) * tensor == pytest.approx(float(whole.macs) + router * (tensor - 1), rel=1e-9)


def test_a_layer_of_llama_adds_up_twice_and_its_head_is_gathered_once() -> None:
    one = of_one_device(decode(load_model("llama-2-7b"), 3, 512), on(tensor=4))
    found = [(block, o.role, o.after, float(o.elements)) for block, o in exchanges(one)]
    assert found == [
        ("embedding", "all_reduce", ("embedding",), 3 * 4096),
        ("layers", "all_reduce", ("out",), 3 * 4096),
        ("layers", "all_reduce", ("down",), 3 * 4096),
        ("head", "all_gather", ("lm_head",), 3 * 32000),
    ]


def test_experts_are_added_up_before_their_sums_are_exchanged() -> None:
    one = of_one_device(decode(load_model("deepseek-v3"), 4, 512), on(tensor=4, expert=2))
    found = [(o.role, o.after) for block, o in exchanges(one) if block == "expert_layers"]
    assert found == [
        ("all_reduce", ("out",)),
        ("all_to_all", ("route", "norm2")),
        ("all_to_all", ("expert_down",)),
        ("all_reduce", ("combine",)),
    ]


def test_fewer_heads_of_keys_than_devices_are_kept_several_times() -> None:
    model = load_model("llama-3.1-8b")
    one = of_one_device(decode(model, 2, 100), on(tensor=16))
    layer = {o.name: o for o in one.blocks[1].operators}
    scores, keys, written = layer["scores"], layer["k"], layer["kv_write"]
    assert isinstance(scores, MatMul)
    assert (scores.per_request, scores.matrices, scores.vectors) == (1, 2, 2 * 32 / 16)
    assert isinstance(keys, MatMul)
    assert keys.n == 128
    assert isinstance(written, Gather)
    assert written.elements == 2 * 2 * 128


@given(st.integers(1, 64), st.sampled_from([2, 4, 8]))
def test_devices_hit_the_experts_that_all_tokens_hit(requests: int, expert: int) -> None:
    model, batch = load_model("mixtral-8x7b"), requests * expert
    one = of_one_device(decode(model, batch, 64), on(expert=expert))
    (gate,) = (o for o in one.blocks[1].operators if o.role == "expert_gate")
    assert isinstance(gate, MatMul)
    assert gate.matrices * expert == pytest.approx(8 * (1 - (1 - 2 / 8) ** batch))
    assert gate.held == 8 / expert
    assert gate.vectors == pytest.approx(2 * requests)


def test_latent_rows_are_kept_by_every_device() -> None:
    one = of_one_device(decode(load_model("deepseek-v3"), 2, 100), on(tensor=8))
    layer = {o.name: o for o in one.blocks[1].operators}
    scores, row = layer["scores"], layer["kv_down"]
    assert isinstance(scores, MatMul)
    assert isinstance(row, MatMul)
    assert (scores.matrices, scores.vectors) == (2, 2 * 128 / 8)
    assert row.n == 512 + 64


@pytest.mark.parametrize("tensor", [2, 4, 16])
def test_keys_and_values_made_from_latent_rows_are_dealt_out_by_heads(tensor: int) -> None:
    whole = prefill(load_model("deepseek-v2-lite"), 2, 100)
    one = of_one_device(whole, on(tensor=tensor))
    ours, theirs = ({o.name: o for o in w.blocks[1].operators if isinstance(o, MatMul)} for w in (one, whole))
    for name in ("k_up", "scores", "context"):
        assert same(ours[name].matrices * tensor, theirs[name].matrices)
        assert same(ours[name].vectors / ours[name].matrices, theirs[name].vectors / theirs[name].matrices)
    assert theirs["scores"].per_request == 16


@pytest.mark.parametrize("generate", [1, 2])
def test_latent_rows_take_room_on_every_device(generate: int) -> None:
    found = estimate("deepseek-v2-lite", on(tensor=4), Request(prompt=100, generate=generate))
    alone = estimate("deepseek-v2-lite", on(tensor=1), Request(prompt=100, generate=generate))
    rows_bytes = 27 * (512 + 64) * 2 * (100 + generate - 1)
    kept_by_all = sum(
        2.0 * o.k * o.n * block.repeat
        for block in prefill(load_model("deepseek-v2-lite"), 1, 100).blocks
        for o in block.operators
        if isinstance(o, MatMul) and o.role in ("kv_down", "router")
    )
    assert found.held_bytes["hbm"] - alone.held_bytes["hbm"] == pytest.approx(3 * (rows_bytes + kept_by_all), rel=0.01)


@pytest.mark.parametrize(("name", "heads", "tensor"), [("gpt2-xl", 25, 8), ("gpt2-xl", 25, 2), ("qwen2.5-7b", 4, 3)])
def test_heads_that_devices_do_not_divide_take_the_time_of_most_and_the_joules_of_all(
    name: str, heads: int, tensor: int
) -> None:
    drawn = replace(H100.memories["hbm"], read_energy_per_bit_j=1e-12, energy_level="device")
    gpu = replace(H100.engines["gpu"], board_power_w=None)  # type: ignore[call-arg]
    chip, request = (
        replace(H100, memories={"hbm": drawn}, engines={"gpu": gpu}),
        Request(prompt=900, generate=3, batch=4),
    )
    alone, group = (estimate(name, replace(chip, devices=Devices(tensor=size)), request) for size in (1, tensor))
    for role in ("scores", "context"):
        one, many = ([o for o in found.operators if o.role == role and o.phase == "decode"] for found in (alone, group))
        assert sum(o.energy_j for o in many) == pytest.approx(sum(o.energy_j for o in one), rel=1e-6)
        assert sum(o.macs for o in many) == pytest.approx(sum(o.macs for o in one), rel=1e-9)
        starts_s = sum(2 * 10e-6 * o.layers for o in one) if role == "scores" else 0.0
        most = -(-heads // tensor) / heads
        assert sum(o.time_s for o in many) - starts_s == pytest.approx((sum(o.time_s for o in one) - starts_s) * most)


def test_weights_of_all_devices_are_those_of_the_model() -> None:
    whole = prefill(load_model("llama-2-7b"), 1, 64)
    assert 8 * weights(of_one_device(whole, on(tensor=8))) == pytest.approx(weights(whole))


def test_lengths_of_part_of_the_requests_are_those_of_the_longest_of_each_few() -> None:
    contexts = [300, 100, 900, 500]
    one = portion(mixed(load_model("llama-2-7b"), contexts), 2)
    scores = next(o for o in one.blocks[1].operators if o.role == "scores")
    assert isinstance(scores, MatMul)
    assert scores.lengths is not None
    # In the order in which they came: channels may be dealt out in turn.
    assert scores.lengths.tolist() == [300, 900]
    assert scores.n == 600
    assert scores.matrices == 2 * 32


@pytest.mark.parametrize(
    ("role", "how", "devices", "sent", "messages"),
    [
        ("all_reduce", "ring", 4, 1.5, 6), ("all_reduce", "direct", 4, 1.5, 2), ("all_reduce", "gather", 4, 4, 2),
        ("all_reduce", "one_link", 2, 0.75, 1), ("all_reduce", "one_link", 4, 15 / 8, 3),
        ("all_gather", "one_link", 4, 0.75, 1),
        ("all_gather", "ring", 4, 0.75, 3), ("all_to_all", "ring", 8, 7 / 8, 1), ("hand_over", "ring", 8, 1, 1),
    ],
)  # fmt: skip
def test_what_a_device_sends(role: str, how: str, devices: int, sent: float, messages: int) -> None:
    exchange = Exchange(name="x", role=role, elements=1000, devices=devices)
    found = values_sent(exchange, Devices(tensor=devices, all_reduce=how))  # type: ignore[arg-type]
    assert found == (pytest.approx(1000 * sent), messages)


def test_stages_take_a_request_each_and_make_as_many_more_tokens() -> None:
    alone = estimate("llama-2-7b", H100, Request(batch=1, prompt=64, generate=9))
    staged = estimate("llama-2-7b", on(pipeline=4), Request(batch=4, prompt=64, generate=9))
    assert staged.mean_time_per_token_s == pytest.approx(alone.mean_time_per_token_s)
    # The last of four prompts waits for three stages more than the first.
    assert staged.time_to_first_token_s == pytest.approx(alone.time_to_first_token_s * (1 + 3 / 4))
    assert staged.macs == pytest.approx(4 * alone.macs)
    assert staged.peak_ops_per_s == pytest.approx(4 * alone.peak_ops_per_s)


def test_stages_of_unequal_layers_wait_for_the_longest() -> None:
    full, fewer = (
        estimate("llama-2-7b", on(pipeline=5), Request(batch=batch, prompt=8, generate=3)) for batch in (5, 4)
    )
    # 32 layers on five stages are seven at most: five passes take 35 layers' time, four fit into 32.
    assert full.mean_time_per_token_s / fewer.mean_time_per_token_s == pytest.approx(35 / 32)


@pytest.mark.parametrize(
    ("name", "stages", "layers"), [("qwen3-next-80b-a3b", 16, 48), ("gpt-oss-20b", 8, 24), ("gemma-3-4b", 8, 34)]
)
def test_layers_of_several_kinds_are_dealt_out_together(name: str, stages: int, layers: int) -> None:
    roomy = replace(H100, memories={"hbm": replace(H100.memories["hbm"], capacity_bytes=1e13)})
    one, group = (
        estimate(name, replace(roomy, devices=Devices(pipeline=size)), Request(batch=size, prompt=8, generate=2))
        for size in (1, stages)
    )
    # The stage with most layers sets the pace of as many requests as there are stages.
    longest = -(-layers // stages) * stages / layers
    assert group.mean_time_per_token_s / one.mean_time_per_token_s == pytest.approx(longest)


def test_a_group_costs_what_its_devices_cost() -> None:
    request = Request(batch=4, prompt=64, generate=9)
    one, group = (
        estimate("llama-2-7b", "a100", request),
        estimate("llama-2-7b", replace(load_chip("a100"), devices=Devices(tensor=4)), request),
    )
    assert group.macs == pytest.approx(one.macs)
    assert group.area_m2 == pytest.approx(4 * one.area_m2)
    assert group.leakage_j / group.total_s == pytest.approx(4 * one.leakage_j / one.total_s)
    assert group.total_s < one.total_s
    assert sum(group.held_bytes.values()) == pytest.approx(sum(one.held_bytes.values()))


def test_exchanges_take_time_and_energy() -> None:
    request = Request(prompt=64, generate=2)
    fast, slow = (
        estimate(
            "llama-2-7b",
            on(tensor=2, bandwidth_bytes_per_s=rate, latency_s=1e-6, energy_per_bit_j=1e-12, all_reduce="direct"),
            request,
        )
        for rate in (1e11, 5e10)
    )
    # An embedding and two sums in each of 32 layers, half of them sent twice; then half of the scores.
    sent = 2 * (65 * 4096 + 32000 / 2)
    assert slow.phases[1].time_s - fast.phases[1].time_s == pytest.approx(sent * (1 / 5e10 - 1 / 1e11), rel=1e-6)
    spent = sum(o.energy_j for o in fast.operators if o.role in ("all_reduce", "all_gather") and o.phase == "decode")
    assert spent == pytest.approx(2 * 8 * sent * 1e-12)


def test_an_exchange_starts_once() -> None:
    request = Request(prompt=64, generate=2)
    plain, started = (estimate("llama-2-7b", on(tensor=4, start_s=s), request) for s in (0.0, 5e-6))
    # An embedding, two sums in each of 32 layers, and the scores.
    for one, other in zip(plain.phases, started.phases, strict=True):
        assert other.time_s - one.time_s == pytest.approx((1 + 2 * 32 + 1) * 5e-6)


def test_scores_of_whole_prompts_come_together_and_a_step_looks_up_without_an_exchange() -> None:
    group, model = on(tensor=4, scores_prompts=True), load_model("llama-2-7b")
    prompt, step = (
        [(o.role, float(o.elements)) for block, o in exchanges(of_one_device(work, group)) if block != "layers"]
        for work in (prefill(model, 3, 64), decode(model, 3, 64))
    )
    assert prompt == [("all_reduce", 3 * 64 * 4096), ("all_gather", 3 * 64 * 32000)]
    assert step == [("all_gather", 3 * 32000)]


@pytest.mark.parametrize(("how", "sent"), [("ring", 2 * 3), ("direct", 2 * 3), ("gather", 3 + 1), ("one_link", 2 * 3)])
def test_joules_are_those_of_what_all_devices_send(how: str, sent: int) -> None:
    # Four devices: round a ring twice; or three parts to one device, which sends the sum to all at once.
    found = estimate("llama-2-7b", on(tensor=4, energy_per_bit_j=1e-12, all_reduce=how), Request(prompt=64))
    spent = sum(o.energy_j for o in found.operators if o.role == "all_reduce")
    assert spent == pytest.approx(sent * 16 * 65 * 64 * 4096 * 1e-12)
    (link,) = (part for part in found.components if part.name == "link.devices")
    assert link.energy_j == pytest.approx(spent + 3 * 16 * 32000 * 1e-12)


def test_what_one_device_cannot_hold_a_group_can() -> None:
    with pytest.raises(CapacityError):
        estimate("llama-2-70b", H100)
    for devices in ({"tensor": 2}, {"pipeline": 2}):
        assert estimate("llama-2-70b", on(**devices)).total_s > 0


def test_no_more_passes_than_requests() -> None:
    step = decode(load_model("llama-2-7b"), 3, 64)
    assert parts_of(step, on(pipeline=8)).passes == 3
    assert parts_of(step, on(pipeline=2)).passes == 2


MADE_BY_ALL = ("router", "shared_router", "q_down", "kv_down", "index_k", "bottleneck")
"""Products whose outputs every device needs, and which are too narrow to be passed on."""
EVERY_KIND = (
    "albert-base-v2", "all-minilm-l6-v2", "bert-base-uncased", "bloom-560m", "deepseek-v2-lite", "deepseek-v3.2",
    "distilbert-base", "gemma-2-2b", "gemma-3-4b", "gpt-j-6b", "gpt-neo-125m", "gpt-oss-20b", "gpt2", "mobilebert",
    "olmo-2-7b", "opt-350m", "phi-2", "pythia-160m", "qwen1.5-moe-a2.7b", "qwen3-next-80b-a3b", "stablelm-2-1.6b",
    "t5-small", "vit-base-16", "whisper-tiny",
)  # fmt: skip


def steps(name: str) -> tuple[Workload, ...]:
    model = load_model(name)
    first = prefill(model, 2, model.context_limit if name.startswith("vit") and model.context_limit else 32)
    return (first, decode(model, 2, 33)) if model.is_decoder else (first,)


@pytest.mark.parametrize("name", EVERY_KIND)
def test_every_kind_of_model_does_its_products_once(name: str) -> None:
    for whole in steps(name):
        one = of_one_device(whole, on(tensor=2))
        ours, theirs = ({(b.name, o.name): o for b in w.blocks for o in b.operators} for w in (one, whole))
        for key, operator in theirs.items():
            if isinstance(operator, MatMul) and operator.role not in MADE_BY_ALL:
                # An odd number of columns leaves one device with one more than half.
                assert same(ours[key].macs * 2, operator.macs) or operator.n % 2, key  # type: ignore[union-attr]


def test_rows_normalised_as_a_whole_are_gathered_first() -> None:
    layer = [
        (o.role, o.after) for b, o in exchanges(of_one_device(steps("olmo-2-7b")[1], on(tensor=2))) if b == "layers"
    ]
    assert layer == [
        ("all_gather", ("q",)), ("all_gather", ("k",)), ("all_reduce", ("out",)), ("all_reduce", ("down",)),
    ]  # fmt: skip


def test_scores_over_a_vocabulary_are_gathered_and_never_added_up() -> None:
    one = of_one_device(steps("bert-base-uncased")[0], on(tensor=2))
    head = [(o.role, o.after, o.elements) for block, o in exchanges(one) if block == "head"]
    assert head == [
        ("all_gather", ("transform_gelu",), 2 * 32 * 768), ("all_gather", ("lm_head",), 2 * 32 * 30522),
    ]  # fmt: skip


def test_channels_and_states_of_linear_attention_stay_on_their_devices() -> None:
    for whole in steps("qwen3-next-80b-a3b"):
        one = of_one_device(whole, on(tensor=4))
        # One sum behind attention, one behind all experts: the shared one's is scaled before it is added up.
        assert [o.after for block, o in exchanges(one) if block == "linear_layers"] == [("out",), ("combine",)]
        layer = {o.name: o for o in one.blocks[1].operators}
        conv, state = layer["conv"], layer["state_read"]
        assert isinstance(conv, MatMul)
        assert (conv.k, conv.matrices, conv.held) == (4, 8192 // 4, 8192 // 4)
        assert isinstance(state, MatMul)
        assert (state.matrices, state.per_request) == (2 * 32 // 4, 32 // 4)


def test_part_of_a_request_is_cut_like_a_whole_one() -> None:
    both, one = (of_one_device(decode(load_model("deepseek-v3"), b, 64), on(tensor=2, expert=2)) for b in (2, 1))
    for block, other in zip(both.blocks, one.blocks, strict=True):
        assert [(o.name, o.after) for o in block.operators] == [(o.name, o.after) for o in other.operators]


@pytest.mark.parametrize("batch", [1, 3, 4, 7])
@pytest.mark.parametrize("name", ["llama-2-7b", "mixtral-8x7b"])
def test_who_has_fewer_requests_waits_and_spends_nothing(name: str, batch: int) -> None:
    roomy = replace(H100, memories={"hbm": replace(H100.memories["hbm"], capacity_bytes=1e12)})
    busiest = -(-batch // 4)
    alone, fewer, group = (
        estimate(name, replace(roomy, devices=Devices(expert=expert)), Request(batch=b, prompt=32, generate=3))
        for b, expert in ((batch, 1), (busiest, 1), (batch, 4))
    )
    assert group.macs == pytest.approx(alone.macs, rel=1e-9)
    others = [
        (one.time_s, two.time_s)
        for one, two in zip(
            (o for o in group.operators if o.role != "all_to_all"), fewer.operators, strict=True
        )
        if not one.role.startswith("expert")
    ]  # fmt: skip
    assert all(one == pytest.approx(two) for one, two in others)


@pytest.mark.parametrize("batch", [1, 3, 4])
def test_joules_of_requests_do_not_depend_on_how_they_are_dealt_out(batch: int) -> None:
    found = [
        estimate("embedded", name, Request(batch=batch, prompt=32, generate=3)) for name in ("default", "default@1x1x2")
    ]
    spent = [{part.name: part.energy_j for part in e.components if part.engine == "weights"} for e in found]
    assert spent[1] == pytest.approx(spent[0], rel=1e-9)
    assert sum(o.energy_j for o in found[1].operators) == pytest.approx(found[1].energy_j - found[1].leakage_j)


def test_lengths_of_unequal_parts() -> None:
    contexts = [100, 900, 500, 300, 700]
    one = portion(mixed(load_model("llama-2-7b"), contexts), 5 / 3)
    scores = next(o for o in one.blocks[1].operators if o.role == "scores")
    assert isinstance(scores, MatMul)
    assert scores.lengths is not None
    assert scores.lengths.tolist() == [900, 300, 700]
    assert (one.batch, scores.matrices) == (3, 3 * 32)


def test_a_prompt_in_a_pass_is_one_request_however_many_tokens_it_has() -> None:
    # Rows were dealt out like requests: with one more in the pass, a prompt on eight stages took an eighth of the time
    # it took alone, and 256 rows were parted into sub-batches whoever they belonged to.
    model = load_model("llama-2-7b")
    staged, interleaved = load_chip("h100@1x8"), load_chip("neupims")
    assert mixed(model, [100] * 3, [(252, 0), (1, 7)]).requests == 5
    assert [parts_of(mixed(model, [100] * more, [(256, 0)]), staged).stages for more in (0, 1, 2, 9)] == [1, 2, 3, 8]
    assert parts_of(mixed(model, [100] * 10, [(500, 0)]), interleaved).interleaved == 1
    assert parts_of(mixed(model, [100] * 255, [(5, 0)]), interleaved).interleaved == 2
    half = portion(mixed(model, [100] * 3, [(252, 0), (1, 7)]), 2)
    assert (half.batch, half.requests) == (128, 3)
