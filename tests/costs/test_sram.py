"""SRAM: through every point of the sweep, near runs of CACTI beyond it, and bits as small as foundries make them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from bitline.costs import sram
from bitline.costs.technology import ends
from bitline.hardware import Technology

KIB = 1024


def _ours(node_nm: float, word: float, kib: float) -> tuple[float, ...]:
    at, size = Technology(node_nm=node_nm), KIB * kib
    return (
        sram.bit_energy("read_j", size, word, at).typical * word / 1e-12,
        sram.bit_energy("write_j", size, word, at).typical * word / 1e-12,
        sram.area(size, word, at).typical / 1e-6,
        sram.leakage(size, word, at).typical / 1e-3,
        sram.access_time(size, word, at).typical / 1e-9,
        sram.cycle_time(size, word, at).typical / 1e-9,
    )


def test_every_row_of_the_sweep_comes_out(shared: Path) -> None:
    names = ("read_pJ", "write_pJ", "area_mm2", "leak_mW", "access_ns", "cycle_ns")
    with (shared / "data" / "cacti" / "sram_cacti7.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 92
    for row in rows:
        ours = _ours(float(row["node_nm"]), int(row["width_bits"]), float(row["size_KiB"]))
        assert ours == pytest.approx([float(row[name]) for name in names], rel=1e-6)


@pytest.mark.parametrize(
    ("node_nm", "word", "kib", "cacti"),
    [  # own runs of CACTI 7 with the settings of the sweep: pJ, pJ, mm2, mW, ns, ns
        (22, 32, 8, (1.81818, 1.19713, 0.00664075, 0.00144826, 0.51594, 0.529944)),
        (22, 32, 512, (11.1329, 7.75607, 0.414262, 0.0706293, 1.89215, 1.91559)),
        (22, 128, 64, (8.96588, 7.60143, 0.0542812, 0.00943274, 0.950373, 0.965968)),
        (22, 512, 8, (7.66175, 10.8969, 0.0117528, 0.00156002, 0.51594, 0.529944)),
        (22, 512, 512, (72.9157, 76.0625, 0.536517, 0.0697184, 1.92553, 2.21748)),
        (22, 1024, 8, (26.3204, 28.6152, 0.029052, 0.00170386, 0.566719, 0.81224)),
        (22, 1024, 64, (31.8761, 58.7146, 0.0642279, 0.00966727, 0.981489, 1.16857)),
        (22, 64, 8192, (59.9513, 53.9846, 6.0989, 1.10316, 5.69321, 2.01472)),
        (65, 32, 64, (38.5044, 24.7617, 0.427267, 0.0108718, 2.4405, 2.37624)),
        (65, 128, 512, (202.603, 164.667, 3.34396, 0.0781021, 4.19999, 4.71889)),
        (65, 512, 64, (91.6412, 316.14, 0.42506, 0.012273, 2.80007, 2.58473)),
        (65, 1024, 512, (880.996, 1260.14, 4.93993, 0.079301, 4.3817, 5.35775)),
        (65, 256, 8192, (1454.42, 1304.74, 51.79, 1.19341, 11.7315, 11.4967)),
    ],
)
def test_other_words_and_capacities_come_near(node_nm: float, word: int, kib: float, cacti: tuple[float, ...]) -> None:
    for ours, theirs in zip(_ours(node_nm, word, kib), cacti, strict=True):
        assert 1 / 1.7 < ours / theirs < 1.7


@pytest.mark.parametrize(
    ("node_nm", "low_um2", "high_um2"),
    [(28, 0.127, 0.35), (16, 0.07, 0.17), (7, 0.027, 0.06), (5, 0.021, 0.045), (3, 0.0199, 0.04)],
)
def test_a_bit_is_larger_than_the_bare_cell_of_its_node(node_nm: float, low_um2: float, high_um2: float) -> None:
    # Low: the foundries' high-density cells [recalled]; high: twice or so, for the periphery.
    per_bit = sram.area(64 * KIB, 64, Technology(node_nm=node_nm)).typical / (64 * KIB * 8) * 1e12
    assert low_um2 < per_bit < high_um2


@pytest.mark.parametrize(
    ("node_nm", "kib", "cache_j"), [(45, 8, 10e-12), (45, 1024, 100e-12), (7, 8, 7.5e-12), (7, 1024, 14e-12)]
)
def test_caches_are_inside_the_envelope(node_nm: float, kib: float, cache_j: float) -> None:
    low, high = ends(sram.bit_energy("read_j", kib * KIB, 64, Technology(node_nm=node_nm)))
    assert low < cache_j / 64 <= high * 1.001


def test_arrays_give_what_each_of_their_values_gives() -> None:
    nodes, sizes, words = np.array([7.0, 28.0, 90.0]), np.array([512.0, 1e5, 1e7]), np.array([32, 256, 1024])
    at = Technology(node_nm=nodes)  # type: ignore[arg-type]
    for ask in (sram.area, sram.leakage, sram.access_time, sram.cycle_time):
        swept = ask(sizes, words, at)  # type: ignore[arg-type]
        for place in range(3):
            one = ask(sizes[place], words[place], Technology(node_nm=float(nodes[place])))
            assert swept.typical[place] == pytest.approx(one.typical)  # type: ignore[index]
            assert ends(swept)[1][place] == pytest.approx(ends(one)[1])  # type: ignore[index]


def test_a_lower_supply_saves_energy_and_leakage_and_takes_time() -> None:
    nominal, low = Technology(node_nm=28), Technology(node_nm=28, supply_v=0.6)
    assert sram.bit_energy("read_j", 8192, 64, low).typical == pytest.approx(
        sram.bit_energy("read_j", 8192, 64, nominal).typical * (0.6 / 0.9) ** 2
    )
    assert sram.leakage(8192, 64, low).typical < sram.leakage(8192, 64, nominal).typical
    assert sram.access_time(8192, 64, low).typical > sram.access_time(8192, 64, nominal).typical
