"""An estimate as a whole: what must add up, what must not change, what must be refused."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bitline.engines.crossbar import Crossbar
from bitline.engines.gpu import Gpu
from bitline.engines.vector import VectorLanes
from bitline.errors import CapacityError, ConfigError
from bitline.hardware import Adc, Array, Cell, Chip, Hierarchy, Link, Memory, Provenance, Rule, Schedule, Technology
from bitline.hardware.cell import Write
from bitline.timeline.closed_form import layer_s
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import decode, load_model, model_from_config, prefill, weights

POLICIES = ("sequential", "sequence_blocking", "pipelined")
REQUEST = Request(batch=2, prompt=24, generate=9)


@pytest.fixture(scope="module")
def model():
    return model_from_config(
        {"model_type": "llama", "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 3, "vocab_size": 256,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 4096}, "small-llama",
    )  # fmt: skip


@pytest.fixture(scope="module")
def chip():
    """Crossbars for weights, SRAM crossbars for attention, lanes for the rest."""
    array = Array(rows=128, columns=128)
    adc = Adc(bits=8, rate_hz=1.28e9, per_array=1, leakage_w=1e-6)
    write = Write(pulse_s=100e-9)
    arrays = Crossbar(
        cell=Cell(technology="reram", bits=2, write=write, endurance_writes=1e6), array=array, adc=adc,
        hierarchy=Hierarchy(tiles=100), activations="buffer",
    )  # fmt: skip
    attention = Crossbar(
        cell=Cell(technology="sram-8t", volatile=True), array=array, adc=adc, hierarchy=Hierarchy(tiles=16),
        activations="buffer",
    )  # fmt: skip
    lanes = VectorLanes(lanes=16, clock_hz=1e9, memory="buffer", activations="buffer")
    return Chip(
        name="small", technology=Technology(node_nm=32),
        engines={"arrays": arrays, "attention": attention, "lanes": lanes},
        memories={"buffer": Memory(kind="sram", capacity_bytes=2**20, bandwidth_bytes_per_s=64e9)},
        links=(Link(between=("arrays", "attention"), bandwidth_bytes_per_s=1e10, latency_s=5e-9),),
        placement=(
            Rule(operators=("q", "k", "v", "out", "gate", "up", "down", "lm_head", "pooler"), engine="arrays"),
            Rule(operators=("scores", "context"), engine="attention"), Rule(operators=("*",), engine="lanes"),
        ),
    )  # fmt: skip


def under(chip: Chip, **schedule) -> Chip:
    return replace(chip, schedule=Schedule(**schedule))


def with_tiles(chip: Chip, tiles: int) -> Chip:
    arrays = replace(chip.engines["arrays"], hierarchy=Hierarchy(tiles=tiles))
    return replace(chip, engines={**chip.engines, "arrays": arrays})


@pytest.mark.parametrize("policy", POLICIES)
def test_energy_parts_sum_to_the_total(model, chip, policy) -> None:
    result = estimate(model, under(chip, policy=policy), REQUEST)
    assert sum(c.energy_j + c.leakage_j for c in result.components) == pytest.approx(result.energy_j)
    assert sum(o.energy_j for o in result.operators) + result.leakage_j == pytest.approx(result.energy_j)
    assert sum(phase.energy_j for phase in result.phases) == pytest.approx(result.energy_j)
    assert sum(result.energy_by_role_j().values()) == pytest.approx(result.energy_j)
    assert sum(c.area_m2 for c in result.components) == pytest.approx(result.area_m2)
    assert result.energy_low_j <= result.energy_j <= result.energy_high_j
    assert 0 < result.leakage_fraction < 1


@pytest.mark.parametrize("policy", POLICIES)
def test_times_sum_to_the_total_and_nobody_works_overtime(model, chip, policy) -> None:
    result = estimate(model, under(chip, policy=policy), REQUEST)
    assert result.time_per_token_s.shape == result.contexts.shape == (8,)
    assert list(result.contexts) == list(range(25, 33))
    assert result.total_s == pytest.approx(result.time_to_first_token_s + result.time_per_token_s.sum())
    assert result.mean_time_per_token_s == pytest.approx(result.time_per_token_s.mean())
    assert np.all(np.diff(result.time_per_token_s) >= 0)
    for engine in result.engines:
        assert 0 <= engine.busy_fraction <= 1
        assert engine.macs <= engine.peak_macs_per_s * result.total_s
        assert engine.units_used <= engine.units
    serial_s = sum(o.time_s for o in result.operators)
    assert result.total_s <= serial_s * (1 + 1e-12)


def test_all_contexts_at_once_equal_each_alone(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    for number in (0, 4, 7):
        longer = replace(REQUEST, prompt=REQUEST.prompt + number, generate=2)
        assert estimate(model, chip, longer).time_per_token_s[0] == pytest.approx(result.time_per_token_s[number])
    decodes = [p for p in result.phases if p.name == "decode"]
    alone = [estimate(model, chip, replace(REQUEST, prompt=24 + n, generate=2)) for n in range(8)]
    one_by_one = sum(p.energy_j for r in alone for p in r.phases if p.name == "decode")
    assert decodes[0].energy_j == pytest.approx(one_by_one)


def test_what_chips_of_a_sweep_share_cannot_be_changed(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    for shared in (result.contexts, result.time_per_token_s):
        with pytest.raises(ValueError, match="read-only"):
            shared[0] = 0


def test_counts_come_from_the_workload(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    steps = decode(model, 2, result.contexts)
    assert result.macs == pytest.approx(float(prefill(model, 2, 24).macs) + float(np.sum(steps.macs)))
    held = {(o.block, o.name): o.units for o in result.operators if o.engine == "arrays" and o.phase == "prefill"}
    arrays = chip.engines["arrays"]
    by_hand = {
        (w.block, w.name): w.repeat * w.held * -(-w.k // 128) * -(-w.n * arrays.columns_per_weight // 128)
        for w in weights(model)
    }
    assert held == by_hand


def test_everything_leaks_all_the_time(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    parts = {part.name if "." in part.name else f"{name}.{part.name}": part
             for name, engine in chip.engines.items() for part in engine.parts(chip)}  # fmt: skip
    leaks_w = sum(part.leakage_w.typical * part.instances for part in parts.values())
    assert leaks_w > 0
    assert result.leakage_j == pytest.approx(leaks_w * result.total_s)


def test_derived_figures(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    assert result.tokens_per_s == pytest.approx(2 * 9 / result.total_s)
    assert result.decode_tokens_per_s == pytest.approx(2 / result.mean_time_per_token_s)
    assert result.energy_per_token_j * 18 == pytest.approx(result.energy_j)
    assert result.tokens_per_j * result.energy_per_token_j == pytest.approx(1)
    assert result.average_power_w == pytest.approx(result.energy_j / result.total_s)
    assert result.ops_per_s <= result.peak_ops_per_s
    assert result.macro_ops_per_j > result.ops_per_j


@pytest.mark.parametrize("policy", POLICIES)
def test_more_tiles_never_slow(model, chip, policy) -> None:
    times = [
        estimate(model, with_tiles(under(chip, policy=policy, duplicate=True, reload=True), tiles), REQUEST).total_s
        for tiles in (20, 50, 100, 200, 400)
    ]
    assert times == sorted(times, reverse=True)
    assert times[-1] < times[0]


def test_finer_flow_is_never_slower(model, chip) -> None:
    sequential, blocked, pipelined = (estimate(model, under(chip, policy=p, block_tokens=8), REQUEST) for p in POLICIES)
    assert pipelined.time_to_first_token_s < blocked.time_to_first_token_s < sequential.time_to_first_token_s
    assert sequential.energy_j - sequential.leakage_j == pytest.approx(pipelined.energy_j - pipelined.leakage_j)


def test_events_play_one_layer_without_two_in_one_place(model, chip) -> None:
    for policy in POLICIES:
        result = estimate(model, under(chip, policy=policy, block_tokens=8), REQUEST)
        for phase in result.phases:
            assert phase.layer == "layers"
            stays: dict[str, list[tuple[float, float]]] = {}
            for event in phase.events:
                stays.setdefault(event.resource, []).append((event.start_s, event.end_s))
            for spans in stays.values():
                spans.sort()
                assert all(end <= start + 1e-15 for (_, end), (start, _) in pairwise(spans))


@pytest.mark.parametrize(("policy", "off"), [("sequential", 0.01), ("sequence_blocking", 0.25)])
def test_a_replay_of_one_layer_takes_as_long_as_its_formula(model, chip, policy, off) -> None:
    for phase in estimate(model, under(chip, policy=policy, block_tokens=8), REQUEST).phases:
        layer, blocks = phase.timing.layers[phase.timing.longest], phase.timing.blocks[phase.timing.longest]
        formula = np.broadcast_to(layer_s(layer, blocks), (phase.steps,))[-1]
        assert max(event.end_s for event in phase.events) == pytest.approx(formula, rel=off)


def test_the_bottleneck_is_the_part_that_slows_everything(model, chip) -> None:
    result = estimate(model, chip, REQUEST)
    part, _, field = result.bottleneck.part.partition(".")
    assert (part, field) == ("arrays", "adc")
    assert result.bottleneck.operator in {"q", "k", "v", "out", "up", "gate", "down"}
    slow = replace(chip, memories={"buffer": replace(chip.memories["buffer"], bandwidth_bytes_per_s=1e6)})
    for policy in POLICIES:
        assert estimate(model, under(slow, policy=policy), REQUEST).bottleneck.part == "memory.buffer"


def test_links_cost_time_and_energy(model, chip) -> None:
    without = estimate(model, replace(chip, links=()), REQUEST)
    slow = replace(chip, links=(replace(chip.links[0], bandwidth_bytes_per_s=1e3),))
    assert estimate(model, slow, REQUEST).bottleneck.part == "link.arrays-attention"
    parts = {c.name: c for c in estimate(model, chip, REQUEST).components}
    assert parts["link.arrays-attention"].energy_j > 0
    assert not any(c.name.startswith("link.") for c in without.components)


def test_too_few_arrays(model, chip) -> None:
    with pytest.raises(CapacityError, match=r"small-llama prefill does not fit small: engine 'arrays' has 20 arrays"):
        estimate(model, with_tiles(chip, 20), REQUEST)


def test_reloading_costs_time_energy_and_life(model, chip) -> None:
    roomy = estimate(model, chip, REQUEST)
    tight = estimate(model, with_tiles(under(chip, reload=True), 20), REQUEST)
    assert roomy.lifetime_s == {}
    assert tight.total_s > roomy.total_s
    rewritten = [o for o in tight.operators if o.rewritten_layers]
    assert rewritten
    writes = sum(o.units * o.rewritten_layers * (1 if o.phase == "prefill" else 8) for o in rewritten)
    room = max(o.units for o in rewritten)
    assert tight.lifetime_s["arrays"] == pytest.approx(1e6 / (writes / room) * tight.total_s)
    assert any("rewritten per step" in warning for warning in tight.warnings)
    assert any(event.name.startswith("write ") for event in tight.phases[0].events)


def test_a_memory_too_small_for_keys_and_values(model, chip) -> None:
    with pytest.raises(CapacityError, match=r"memory 'buffer' holds 1\.049 MB.*Keys and values are"):
        estimate(model, chip, Request(batch=64, prompt=2000, generate=2))


def test_weights_that_are_too_many_alone_are_told() -> None:
    with pytest.raises(CapacityError, match=r"are 335\.5 MB of them: too many without them too\. 4 such"):
        estimate("llama-2-7b", "pim-gpt", Request(prompt=512, generate=129))
    with pytest.raises(CapacityError, match="of them: fewer requests or shorter contexts need less"):
        estimate("llama-2-7b", "t4", Request(batch=8, prompt=2000, generate=2))


def test_warnings_name_assumptions_that_carry_weight(model, chip) -> None:
    provenance = Provenance(assumptions={"engines.arrays.adc": "guessed", "engines.lanes.clock_hz": "guessed too"})
    warnings = estimate(model, replace(chip, provenance=provenance), REQUEST).warnings
    assert any("arrays.adc, is assumed: engines.arrays.adc: guessed" in warning for warning in warnings)
    assert not any("clock_hz" in warning for warning in warnings)
    area = Provenance(assumptions={"engines.arrays.adc.area_m2": "guessed"})
    assert not any(
        "guessed" in warning for warning in estimate(model, replace(chip, provenance=area), REQUEST).warnings
    )
    assert any("computes attention products that a mask throws away" in warning for warning in warnings)
    skipping = replace(chip.engines["attention"], skips_masked=True)
    skips = replace(chip, engines={**chip.engines, "attention": skipping})
    assert not any("mask" in warning for warning in estimate(model, skips, REQUEST).warnings)


def test_keys_and_values_that_stay_fill_units_and_wear_them_once(model, chip) -> None:
    keeper = replace(
        chip.engines["attention"], cell=Cell(technology="reram", endurance_writes=1e6), holds="cache",
        hierarchy=Hierarchy(tiles=60),
    )  # fmt: skip
    rules = (replace(chip.placement[1], operators=("scores", "context", "kv_write")), *chip.placement)
    result = estimate(model, replace(chip, engines={**chip.engines, "attention": keeper}, placement=rules), REQUEST)
    # Two requests x two heads x three layers, keys and values: one array of 128 x 16 weights, or two of 16 x 16 each.
    used = {engine.name: engine.units_used for engine in result.engines}["attention"]
    kept = [o for o in result.operators if o.phase == "decode" and o.name in {"scores", "context"}]
    assert used == sum(o.units for o in kept)
    assert used <= 60
    assert result.lifetime_s["attention"] == pytest.approx(1e6 * 60 / used * result.total_s)
    assert "buffer" in result.held_bytes
    assert not any("keys and values are kept in no memory" in warning for warning in result.warnings)


def test_keys_and_values_written_anew_wear_cells_by_every_filling(model, chip) -> None:
    worn = replace(
        chip.engines["attention"], cell=Cell(technology="reram", endurance_writes=1e6), holds="operands",
        hierarchy=Hierarchy(arrays_per_core=5, cores_per_tile=1, tiles=1),
    )  # fmt: skip
    result = estimate(model, replace(chip, engines={**chip.engines, "attention": worn}), REQUEST)
    # Of 128 x 16 weights: two requests x two heads x three layers, contexts 24 (the prompt) to 32.
    arrays = sum(12 * (-(-c // 16) + 1) for c in range(24, 33))
    assert worn.columns_per_weight == 8
    assert result.lifetime_s["attention"] == pytest.approx(1e6 / (arrays / 5) * result.total_s)


def test_encoders_take_one_pass(chip) -> None:
    encoder = model_from_config(
        {"model_type": "bert", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "vocab_size": 100,
         "num_attention_heads": 4, "max_position_embeddings": 128}, "small-bert",
    )  # fmt: skip
    result = estimate(encoder, chip, Request(prompt=32))
    assert [phase.name for phase in result.phases] == ["prefill"]
    assert result.contexts.size == result.time_per_token_s.size == 0
    assert result.total_s == result.time_to_first_token_s
    assert result.decode_tokens_per_s == 0
    with pytest.raises(ConfigError, match=r"request.generate = 4: small-bert is an encoder.*Nearest: 0"):
        estimate(encoder, chip, Request(prompt=32, generate=4))


def test_a_gpu_reads_its_weights_for_every_token(model) -> None:
    gpu = Gpu(dense_macs_per_s={"fp16": 1e14}, memory="hbm", vector_operations_per_s=1e13)
    memory = Memory(kind="dram", capacity_bytes=1e9, bandwidth_bytes_per_s=1e9, standard="hbm2")
    chip = Chip(
        name="gpu", technology=Technology(node_nm=12), engines={"gpu": gpu}, memories={"hbm": memory},
        placement=(Rule(operators=("*",), engine="gpu"),),
    )  # fmt: skip
    result = estimate(model, chip, Request(prompt=16, generate=5))
    assert result.bottleneck.part == "memory.hbm"
    values = sum(w.values for w in weights(model))
    assert result.mean_time_per_token_s == pytest.approx(2 * values / 1e9, rel=0.2)
    assert result.mean_time_per_token_s > 2 * values / 1e9
    table = 0 if any(w.tied for w in weights(model)) else model.vocabulary * model.hidden
    cache = 2 * 3 * 2 * 16 * (16 + 4)
    assert result.held_bytes["hbm"] == pytest.approx(2 * (values + table + cache))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("batch", 0, "request.batch = 0 is outside 1"), ("prompt", 0, "request.prompt"), ("generate", -1, "outside 0"),
     ("prompt", 1.5, "request.prompt = 1.5 is not a whole number"), ("batch", True, "not a whole number")],
)  # fmt: skip
def test_requests_are_checked(field, value, message) -> None:
    with pytest.raises(ConfigError, match=message):
        Request(**{field: value})


def test_a_request_takes_numbers_of_numpy():
    one = Request(batch=np.int64(2), prompt=np.uint16(5), generate=np.int32(3))
    assert one == Request(batch=2, prompt=5, generate=3)
    assert {type(value) for value in (one.batch, one.prompt, one.generate)} == {int}


def test_names_are_looked_up(chip) -> None:
    with pytest.raises(ConfigError, match="Nearest: 'llama-2-7b'"):
        estimate("lama-2-7b", chip, REQUEST)
    roomy = replace(chip, memories={"buffer": replace(chip.memories["buffer"], capacity_bytes=2**28)})
    assert estimate("gpt2", with_tiles(roomy, 60000), Request(prompt=4)).model == load_model("gpt2").name


def test_more_tokens_than_a_model_was_made_for_are_told() -> None:
    told = "llama-2-7b was made for 4,096 tokens; 4,097 are asked of it."
    assert told in estimate("llama-2-7b", "h100", Request(prompt=4000, generate=98)).warnings
    assert told[:30] not in " ".join(estimate("llama-2-7b", "h100", Request(prompt=4000, generate=97)).warnings)


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(ConfigError, match="request = 5"):
        estimate("gpt2", "h100", 5)  # type: ignore[arg-type]
