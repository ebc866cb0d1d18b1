"""A flash that multiplies, by hand: the configurations of Cambricon-LLM."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline.engines.flash_pim import FlashPim
from bitline.errors import ConfigError
from bitline.hardware import Chip, Flash, Memory, Technology, WeightFormat
from bitline.operators import MatMul

FLASH = Flash(page_bytes=16384, planes=2, dies=4, channels=8, channel_bytes_per_s=1e9, read_s=30e-6)
ENGINE = FlashPim(memory="nand", flash=FLASH, host_macs_per_s=1e12)
LARGE = replace(ENGINE, flash=replace(FLASH, dies=16, channels=32))
ROUND_S, LEFT = 30.256e-6, (30000 - 256) / 30.256e-6


def matrix(k: int, n: int, vectors: int = 1, matrices: int = 1) -> MatMul:
    return MatMul(name="w", role="up", vectors=vectors, k=k, n=n, matrices=matrices)


def chip(memory: Flash | None = FLASH) -> Chip:
    nand = Memory(kind="flash", capacity_bytes=8e10, flash=memory, read_energy_per_bit_j=1e-12)
    return Chip(
        name="example", technology=Technology(node_nm=65), engines={}, placement=(), memories={"nand": nand}
    )  # fmt: skip


def times_s(engine: FlashPim, operator: MatMul) -> dict[str, float]:
    prices = {part.name: float(part.latency_s.typical) for part in engine.parts(chip(None))}
    return {name: float(use.serial) * prices[name] for name, use in engine.work(operator).stream.items()}


def test_dies_alone_take_a_round_for_each_tile() -> None:
    found = times_s(replace(ENGINE, host_reads="none"), matrix(4096, 4096))
    assert found["dies"] == pytest.approx(32 * ROUND_S)
    assert found["channels"] == found["host"] == 0


def test_with_slices_both_sides_end_about_together() -> None:
    found = times_s(ENGINE, matrix(8192, 8192))
    bytes_per_s = 8 * 4 * 16384 / ROUND_S + 8 * LEFT
    assert max(found.values()) == pytest.approx(8192 * 8192 / bytes_per_s, rel=0.02)
    assert max(found.values()) >= 8192 * 8192 / bytes_per_s
    assert found["channels"] == pytest.approx(found["dies"], rel=0.03)


def test_a_whole_page_holds_up_every_round() -> None:
    sliced = max(times_s(ENGINE, matrix(8192, 8192)).values())
    whole = max(times_s(replace(ENGINE, host_reads="whole"), matrix(8192, 8192)).values())
    assert whole / sliced == pytest.approx(25.2e9 / (5 * 8 * 16384 / (ROUND_S + 16.384e-6)), rel=0.03)


def test_a_large_flash_wastes_rounds_on_inputs_that_are_no_power_of_two() -> None:
    alone = replace(LARGE, host_reads="none")
    assert float(alone.work(matrix(4096, 4096)).stream["dies"].total) == 2
    assert float(alone.work(matrix(5120, 5120)).stream["dies"].total) == 5


def test_every_weight_is_multiplied_once_for_each_input_and_read_once() -> None:
    work = ENGINE.work(matrix(5000, 3000, vectors=6, matrices=3))
    assert float(work.stream["core"].total + work.stream["host"].total) == pytest.approx(6 * 5000 * 3000)
    assert float(work.stream["pages"].total) == pytest.approx(3 * 5000 * 3000 / 16384)


def test_many_inputs_go_to_the_host() -> None:
    few, many = (ENGINE.work(matrix(4096, 4096, vectors=v)).stream["host"].total / v / 4096**2 for v in (1, 512))
    assert few == pytest.approx(0.31, abs=0.03)
    assert many > 0.95


def test_starting_is_paid_for_each_matrix() -> None:
    work = replace(ENGINE, start_s=5e-6).work(matrix(512, 512, vectors=4, matrices=2))
    assert work.setup["start"].serial == 2
    assert work.setup["channels"].serial == 2 * 2 * 256


def test_weights_of_four_bits_halve_the_rounds() -> None:
    thin = replace(ENGINE, host_reads="none", weight=WeightFormat(bits=4))
    assert float(thin.work(matrix(8192, 8192)).stream["dies"].total) == 64


def test_another_flash_in_the_memory_is_refused() -> None:
    assert ENGINE.parts(chip())
    with pytest.raises(ConfigError, match=r"memories\.nand\.flash is not the flash of the engine"):
        LARGE.parts(chip())


def played_s(flash: Flash, rounds: int, host_bytes: float, slice_bytes: float = 16.0) -> float:
    """Play one channel: inputs, pages to registers, results of the round before, slices of plain reads meanwhile."""
    rate, now_s, left_bytes, waiting_bytes = flash.channel_bytes_per_s, 0.0, host_bytes, 0.0
    for _ in range(rounds):
        begin_s = now_s + 256 / rate
        ready_s, free_s = begin_s + flash.read_s, begin_s + waiting_bytes / rate
        while left_bytes > 0 and free_s + slice_bytes / rate <= ready_s:
            free_s, left_bytes = free_s + slice_bytes / rate, left_bytes - slice_bytes
        now_s, waiting_bytes = max(ready_s, free_s), 256
    return now_s + (waiting_bytes + max(left_bytes, 0.0)) / rate


@pytest.mark.parametrize(("k", "n"), [(4096, 4096), (4096, 11008), (11008, 4096), (5120, 5120), (4096, 32000)])
def test_a_matrix_takes_what_a_replay_of_its_channels_takes(k: int, n: int) -> None:
    operator = matrix(k, n)
    work = ENGINE.work(operator)
    prices = {part.name: float(part.latency_s.typical) for part in ENGINE.parts(chip(None))}
    stream_s = max(times_s(ENGINE, operator).values())
    ours_s = stream_s + sum(float(use.serial) * prices[name] for name, use in work.setup.items())
    rounds, host_values = float(work.stream["dies"].total), k * n - float(work.stream["core"].total)
    played = played_s(FLASH, int(rounds), host_values / FLASH.channels)
    # Once dies are done, plain reads have the whole channel, which ours does not count.
    assert played <= ours_s * 1.001
    assert ours_s == pytest.approx(played, rel=0.02)
