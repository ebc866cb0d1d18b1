"""Units in DRAM banks: counts against weights laid out one by one, times against the stream of commands, NeuPIMs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitline.costs import bank_gemv
from bitline.engines.bank_controller import Controller
from bitline.engines.dram_pim import DramPim
from bitline.engines.kinds import engine_kinds
from bitline.errors import CapacityError, ConfigError
from bitline.hardware import Chip, Memory, Technology
from bitline.hardware.reading import parse_chip
from bitline.mapping import Seat
from bitline.operators import Gather, MatMul
from bitline.timeline import prices
from bitline.timeline.bill import bills
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request


def units(name: str, memory: str, **changes: Any) -> tuple[DramPim, Memory]:
    """Put units of the library into a memory of the library."""
    described = {
        "name": "c",
        "technology": {"node_nm": 22},
        "engines": {"banks": {"kind": "dram_pim", "use": name, "memory": "hbm"}},
        "memories": {"hbm": {"use": memory, **changes}},
        "placement": [{"operators": ["*"], "engine": "banks"}],
    }
    chip = parse_chip(described, engine_kinds())
    found = chip.engines["banks"]
    assert isinstance(found, DramPim)
    return found, chip.memories["hbm"]


def on(found: Memory) -> Chip:
    return Chip(name="c", technology=Technology(node_nm=22), engines={}, placement=(), memories={"hbm": found})


(NEUPIMS, HBM2), (NEWTON, _) = (units(name, "hbm2-neupims", count=4) for name in ("neupims", "newton"))


def cached(role: str, *, heads: int, requests: int, context: int, dim: int = 128) -> MatMul:
    matrices = heads * requests
    k, n = (dim, context) if role == "scores" else (context, dim)
    return MatMul(
        name=role, role=role, vectors=matrices, k=k, n=n, matrices=matrices, held=matrices, per_request=heads,
        stationary="cache",
    )  # fmt: skip


def seconds(found: DramPim, operator: MatMul, chip: Chip) -> float:
    priced = {one.name: one.latency_s.typical for one in found.parts(chip)}
    return float(sum(use.serial * priced[name] for name, use in found.work(operator).setup.items()))


def joules(found: DramPim, chip: Chip, *operators: MatMul) -> dict[str, float]:
    priced = {one.name: one.energy_j.typical for one in found.parts(chip)}
    totals: Counter[str] = Counter()
    for operator in operators:
        for name, use in found.work(operator).setup.items():
            totals[name] += use.total * priced[name]
    return dict(totals)


# Sums over the run of the artifact's own command energies in microjoule, and its stages in nanoseconds; the first of
# them ends with the softmax, which the vector units of the NPU compute. Equal requests of 1024 tokens, 4096 or 5120
# wide, a quarter of the heads on each device.
POINTS = {
    "7B, batch 1": (8, 1, None, (17286, 14284)),
    "7B, batch 32": (8, 32, (7.41, 108.5, 421.5, 8.233), (18089, 15207)),
    "13B, batch 1": (10, 1, (0.2959, 4.663, 16.47, 0.3216), (24656, 17258)),
}


@pytest.mark.parametrize("point", POINTS)
def test_commands_draw_what_the_artifact_of_neupims_says(point: str) -> None:
    heads, requests, published_uj, _ = POINTS[point]
    if published_uj is None:
        pytest.skip("no energies of this run")
    stages = [cached(role, heads=heads, requests=requests, context=1024) for role in ("scores", "context")]
    ours = joules(NEUPIMS, on(HBM2), *stages)
    for name, uj in zip(("buffer", "row", "column", "result"), published_uj, strict=True):
        assert ours[name] == pytest.approx(uj * 1e-6, rel=1e-3), name


@pytest.mark.parametrize("point", POINTS)
def test_stages_take_what_they_take_in_the_artifact(point: str) -> None:
    heads, requests, _, (scores_ns, context_ns) = POINTS[point]
    for role, published in (("scores", scores_ns), ("context", context_ns)):
        ours, _ = booked(NEUPIMS, cached(role, heads=heads, requests=requests, context=1024))
        # Ours is the memory alone: softmax, on the NPU, adds 0.04 to 1.3 us to the first stage.
        assert ours == pytest.approx(published * 1e-9, rel=0.06)


SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 3))


def quiet(found: Memory) -> Memory:
    """Without refreshes, and with rows that products keep open."""
    assert found.dram is not None
    assert found.dram.timing is not None
    timing = replace(found.dram.timing, trefi_s=None, trfc_s=None, tras_s=1e-9)
    return replace(found, dram=replace(found.dram, timing=timing))


@pytest.mark.parametrize("banks", [NEWTON, NEUPIMS], ids=["newton", "neupims"])
@given(shape=SHAPES)
def test_a_product_takes_what_its_stream_of_commands_takes(banks: DramPim, shape: tuple[int, int, int]) -> None:
    chunks, rows, vectors = shape
    found, still = replace(banks, buffer_from="host"), quiet(HBM2)
    operator = MatMul(name="w", role="up", vectors=vectors, k=512 * chunks, n=32 * 32 * rows)
    assert still.dram is not None
    waits = found.waits(still.dram)
    stream_s = bank_gemv.stream_s(waits, chunks=chunks * vectors, rows=rows, columns=32)
    assert seconds(found, operator, on(still)) == pytest.approx(stream_s, rel=1e-9)


@given(st.integers(1, 64), st.integers(1, 4), st.integers(1, 5))
def test_a_short_vector_takes_the_bursts_it_has(bursts: int, rows: int, vectors: int) -> None:
    found, noisy = units("gddr6-aim", "gddr6-aim")
    still = quiet(noisy)
    # As many outputs in a row as fit, so that whole rows are multiplied.
    packed = 64 // bursts
    operator = MatMul(name="w", role="up", vectors=vectors, k=16 * bursts, n=16 * 2 * rows * packed)
    assert still.dram is not None
    waits = replace(found.waits(still.dram), buffer_s=bursts * 1e-9)
    shape = {"rows": rows, "columns": packed * bursts, "results": packed}
    stream_s = bank_gemv.stream_s(waits, chunks=vectors, **shape)
    assert seconds(found, operator, on(still)) == pytest.approx(stream_s, rel=1e-9)
    # 5.5 pJ a bit for the pins of each channel.
    energy_j = joules(found, on(still), operator)["vector"]
    assert energy_j == pytest.approx(2 * vectors * bursts * 256 * 5.5e-12)


@given(st.integers(1, 1500), st.integers(1, 3000), st.integers(1, 8), st.sampled_from([4, 16]))
def test_every_weight_is_met_once_and_channels_share_the_work(k: int, n: int, channels: int, banks: int) -> None:
    found = replace(NEWTON, channels=channels, banks=banks)
    setup = found.work(MatMul(name="w", role="up", vectors=1, k=k, n=n)).setup
    # Lay every column of the matrix out by hand: output after output, into the first bank of the shortest row.
    wide = -(-k // 16)
    packed = max(1, 64 // 2 // wide)
    sets = -(-n // banks)
    blocks = -(-sets // packed)
    assert setup["row"].total == blocks * -(-k // 512)
    assert setup["column"].total == sum(wide for _ in range(0, n, banks))
    assert setup["column"].total * banks * 16 >= k * n
    for name in ("row", "column", "result"):
        assert setup[name].serial <= setup[name].total <= setup[name].serial * channels


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 3000))
def test_requests_in_channels_of_their_own_wait_for_the_fullest_channel(
    heads: int, requests: int, context: int
) -> None:
    one = NEUPIMS.work(cached("scores", heads=heads, requests=1, context=context)).setup
    many = NEUPIMS.work(cached("scores", heads=heads, requests=requests, context=context)).setup
    for name in ("input", "buffer", "row", "column", "result"):
        assert many[name].total == requests * one[name].total
        assert many[name].serial == -(-requests // 32) * one[name].serial


def test_one_request_spread_over_channels_is_done_sooner() -> None:
    spread = replace(NEUPIMS, cache="spread")
    for role in ("scores", "context"):
        operator = cached(role, heads=32, requests=1, context=4096)
        assert seconds(spread, operator, on(HBM2)) < seconds(NEUPIMS, operator, on(HBM2)) / 16


def test_queries_that_share_a_key_head_meet_it_one_after_another() -> None:
    alone = cached("scores", heads=8, requests=4, context=512)
    grouped = replace(alone, vectors=alone.vectors * 4)
    for name, use in NEUPIMS.work(grouped).setup.items():
        assert use.total == 4 * NEUPIMS.work(alone).setup[name].total


def test_a_second_row_buffer_hides_the_filling_of_the_vector_buffer() -> None:
    operator = cached("context", heads=8, requests=1, context=4096)
    plain = [replace(found, controller=Controller(), buffer_from="host") for found in (NEWTON, NEUPIMS)]
    one, two = (seconds(found, operator, on(HBM2)) for found in plain)
    assert two < one
    chunks = NEWTON.work(operator).setup["buffer"].serial
    assert (one - two) / chunks == pytest.approx(96e-9 * 3.9 / 3.64, rel=0.15)


def test_rows_and_buffers_take_what_the_rules_of_the_artifact_say() -> None:
    # Of four rows of values, by hand. Rows: 32 closings, one a ns, 6 after the last product, or after the first where
    # products run on; four openings of 30 in each rank, 14 to the first product; 31 columns of 2. The buffer takes 96,
    # all rows ready 13 ns after the last is closed; or while they are closed, 64 more.
    for found, row_ns, buffer_ns in ((NEWTON, 6 + 32 + 90 + 14 + 62, 96 + 13), (NEUPIMS, 6 + 32 + 90 + 14, 96 - 32)):
        assert HBM2.dram is not None
        waits = found.waits(HBM2.dram)
        assert bank_gemv.row_s(waits, 32) == pytest.approx(row_ns * 1e-9)
        assert bank_gemv.buffer_wait_s(waits) == pytest.approx(buffer_ns * 1e-9)
        # Of 1950 ns between refreshes of either rank 260 are gone, and 328 but for half a row.
        assert waits.stretch(32) == pytest.approx(1950 / (1950 - 260 - 328 + row_ns / 2))


def test_a_second_row_buffer_stands_by_like_the_first() -> None:
    def standing_w(found: DramPim) -> float:
        return float(sum(one.leakage_w.typical * one.instances for one in found.parts(on(HBM2))))

    # 1.2 V at 40 mA with rows closed, two ranks on 32 channels.
    assert standing_w(NEUPIMS) - standing_w(NEWTON) == pytest.approx(32 * 2 * 0.048)
    row = next(one for one in NEUPIMS.parts(on(HBM2)) if one.name == "row")
    assert row.leakage_w.high == pytest.approx(2 * 0.066), "rows open, 55 mA"


def test_a_model_that_the_memory_cannot_hold_is_refused() -> None:
    with pytest.raises(CapacityError, match="gddr6"):
        estimate("llama-2-7b", "pim-gpt", Request(prompt=8, generate=2))


def test_a_command_for_each_bank_is_no_faster_than_reading_the_bank() -> None:
    operator = MatMul(name="w", role="up", vectors=1, k=4096, n=4096)
    plain = replace(NEWTON, controller=Controller())
    each = replace(plain, mode="per_bank")
    assert seconds(each, operator, on(HBM2)) > 5 * seconds(plain, operator, on(HBM2))


def test_a_row_of_gddr6_aim_takes_what_its_authors_clocks_say() -> None:
    # 56 clocks to the first product, 64 columns of 2, 12 to close after the last, 32 closed; of 0.5 ns.
    aim, found = units("gddr6-aim", "gddr6-aim")
    assert found.dram is not None
    waits = aim.waits(found.dram)
    assert bank_gemv.row_s(waits, 64) == pytest.approx((56 + 63 * 2 + 12 + 32) * 0.5e-9)
    assert aim.peak_macs_per_s(on(found)) == pytest.approx(2 * 256e9)


def test_a_column_of_gddr6_aim_draws_three_times_the_power_of_reading_for_one_nanosecond() -> None:
    found, memory = units("gddr6-aim", "gddr6-aim", count=16)
    aim = on(memory)
    column_j, multipliers_j = (
        {one.name: one.energy_j.typical for one in found.parts(aim)}[part] for part in ("column", "multipliers")
    )
    assert column_j == pytest.approx(3 * 438.15e-3 * 1e-9, rel=1e-4)
    assert multipliers_j == 0.0
    # Stated in reads of 1.25 ns, it is as much more.
    reads = {one.name: one.energy_j.typical for one in replace(found, column_energy_j=None, mac_reads=3).parts(aim)}
    assert reads["column"] == pytest.approx(1.25 * column_j, rel=1e-3)


def test_hbm2_pim_reaches_its_stated_peak_at_its_own_clock() -> None:
    # 1.2 TFLOP/s a stack at 300 MHz; the description gives its columns 4 ns, 250 MHz, and 16 pseudo channels.
    found, stack = units("hbm2-pim", "hbm2-aquabolt", capacity_bytes=6e9)
    assert 2 * found.peak_macs_per_s(on(stack)) == pytest.approx(1.2e12 * 250 / 300, rel=0.03)


def booked(found: DramPim, operator: MatMul) -> tuple[float, float]:
    """Time of the operator, and for how long it keeps the memory from others."""
    chip = replace(on(HBM2), engines={"pim": found})
    one = bills([Seat(operator=operator, engine="pim")], chip, prices(chip), 1)[0]
    return one.time_s, one.shared_s.get("memory.hbm", 0.0)


def test_memory_waits_for_banks_with_one_row_buffer_and_hardly_at_all_with_two() -> None:
    operator = cached("context", heads=8, requests=32, context=4096)
    time_s, kept_s = booked(NEWTON, operator)
    assert kept_s == pytest.approx(time_s)
    time_s, kept_s = booked(NEUPIMS, operator)
    # A vector of 1 KB and the results of four rows, 64 B each, on a bus of 32 GB/s; for 8 times 8 chunks.
    assert kept_s == pytest.approx(64 * (1024 + 4 * 64) / 32e9)
    assert kept_s < 0.1 * time_s


def test_heads_of_one_request_and_heads_of_many_are_not_taken_for_each_other() -> None:
    together = cached("scores", heads=32, requests=1, context=512)
    assert booked(NEUPIMS, together)[0] > 8 * booked(NEUPIMS, cached("scores", heads=1, requests=32, context=512))[0]


def test_new_keys_and_values_are_written_into_the_memory() -> None:
    work = NEUPIMS.work(Gather(name="kv_write", role="kv_write", elements=100))
    assert work.stream["memory.hbm.write"].total == 1600
    assert not NEUPIMS.runs(Gather(name="embedding", role="embedding", elements=100, held=100, width=10))


def test_units_that_do_not_match_their_memory_are_refused() -> None:
    bare = replace(HBM2, dram=None)
    assert HBM2.dram is not None
    untimed = replace(HBM2, dram=replace(HBM2.dram, timing=None))
    for found, chip, said in (
        (NEUPIMS, on(bare), r"memories\.hbm\.dram"),
        (NEUPIMS, on(untimed), r"memories\.hbm\.dram\.timing"),
        (replace(NEUPIMS, row_bytes=2048), on(HBM2), "row_bytes"),
        (replace(NEUPIMS, channels=8), on(HBM2), "channels"),
        (replace(NEUPIMS, banks=24), on(HBM2), "banks"),
        (replace(NEUPIMS, memory="gone"), on(HBM2), "gone"),
    ):
        with pytest.raises(ConfigError, match=said):
            found.parts(chip)
