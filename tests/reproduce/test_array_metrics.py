"""What arrays do at most, in cycles and at full use, against counts by hand."""

from __future__ import annotations

import pytest

from bitline.engines.kinds import engine_kinds
from bitline.errors import BitlineError, ConfigError
from bitline.hardware import Chip
from bitline.hardware.reading import parse_chip_text
from bitline.reproduce.metrics import cycles, packing, peak
from bitline.systems import load_chip

FREE = "{energy_j: 0.0, area_m2: 0.0, leakage_w: 0.0}"
SMALL = f"""\
name: small
technology: {{node_nm: 28}}
engines:
  arrays:
    kind: crossbar
    cell: {{technology: reram, read_energy_j: 1.0e-13, write: {{pulse_s: 3.0e-9, parallel_cells: 8}}}}
    array: {{rows: 32, columns: 16, read_s: 10.0e-9, area_m2: 1.0e-10}}
    weight: {{bits: 4, encoding: offset}}
    input: {{bits: 4}}
    adc: {{bits: 5, per_array: 2, rate_hz: 1.0e9, energy_per_conversion_j: 2.0e-12, area_m2: 2.0e-10}}
    dac: {{energy_per_pulse_j: 1.0e-12}}
    hierarchy: {{tiles: 3}}
    sample_hold: {FREE}
    shift_add: {FREE}
    accumulator: {FREE}
    input_register: {FREE}
    output_register: {FREE}
    tile: {{leakage_w: 1.0e-3}}
  kept:
    kind: crossbar
    cell: {{technology: sram-8t, write: {{pulse_s: 3.0e-9, parallel_cells: 8}}}}
    array: {{rows: 32, columns: 16, read_s: 10.0e-9}}
    weight: {{bits: 4, encoding: offset}}
    adc: {{bits: 5, rate_hz: 1.0e9}}
    holds: cache
  lanes: {{kind: vector, lanes: 4, clock_hz: 1.0e9, operations_per_element: {{softmax: 3.0}}}}
memories:
  outside: {{use: ddr4, capacity_bytes: 1.0e6, bandwidth_bytes_per_s: 2.0e9}}
placement:
  - {{operators: [q], engine: arrays}}
  - {{operators: [scores], engine: kept}}
  - {{operators: ["*"], engine: lanes}}
"""


@pytest.fixture(scope="module")
def small() -> Chip:
    return parse_chip_text(SMALL, engine_kinds())


def test_peak_throughput_counts_full_rows_and_columns(small: Chip) -> None:
    # 32 rows by 4 outputs in 3 arrays, four pulses of 10 ns: 16 conversions take two converters 8 ns.
    assert peak.peak_ops_per_s(chip=small, engine="arrays") == pytest.approx(2 * 3 * 128 / 40e-9)
    assert peak.peak_ops_per_s(chip=small, engine="arrays", ops_per_mac=1) == pytest.approx(3 * 128 / 40e-9)


def test_peak_efficiency_adds_parts_and_standing_power(small: Chip) -> None:
    cells_j, drivers_j, conversions_j = 4 * 512 * 1e-13, 4 * 32 * 1e-12, 4 * 16 * 2e-12
    # Registers and converters leak a little besides what is stated.
    vector_j = cells_j + drivers_j + conversions_j + 1e-3 * 40e-9
    assert peak.peak_ops_per_j(chip=small, engine="arrays") == pytest.approx(256 / vector_j, rel=2e-3)


def test_the_whole_chip_is_no_better_than_its_engine(small: Chip) -> None:
    for whole, alone in ((peak.chip_ops_per_j, peak.peak_ops_per_j), (peak.chip_ops_per_s_m2, peak.peak_ops_per_s_m2)):
        assert 0 < whole(chip=small, engine="arrays") <= alone(chip=small, engine="arrays")
    area_m2 = peak.peak_ops_per_s(chip=small, engine="arrays") / peak.chip_ops_per_s_m2(chip=small, engine="arrays")
    assert area_m2 == pytest.approx(peak.chip_area_m2(chip=small))


def test_products_take_the_steps_of_the_slower_of_cells_and_converters(small: Chip) -> None:
    clock = {"clock_hz": 1e9}
    assert cycles.product_cycles(chip=small, engine="arrays", k=32, n=4, **clock) == pytest.approx(40)
    assert cycles.product_cycles(chip=small, engine="arrays", k=64, n=4, **clock) == pytest.approx(40)
    filled = cycles.product_cycles(chip=small, engine="arrays", k=32, n=4, fill=True, **clock)
    assert filled == pytest.approx(40 + 10 + 8)
    kept = cycles.product_cycles(chip=small, engine="kept", k=32, n=4, stationary="cache", **clock)
    assert kept == pytest.approx(8 * 16)


def test_writes_functions_and_loads_are_counted(small: Chip) -> None:
    # Six values of four cells, eight cells at once, three cycles each.
    assert cycles.write_cycles(chip=small, engine="kept", values=6, clock_hz=1e9) == pytest.approx(9)
    found = cycles.function_cycles(chip=small, engine="lanes", function="softmax", elements=16, clock_hz=1e9)
    assert found == pytest.approx(12)
    # 32 x 4 weights of four bits at two bytes a cycle.
    assert cycles.load_cycles(chip=small, engine="arrays", memory="outside", k=32, n=4, clock_hz=1e9) == 32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda chip: peak.peak_ops_per_s(chip=chip, engine="lanes"), "engine = 'lanes' is not the name of a crossbar"),
        (lambda chip: peak.peak_ops_per_s_m2(chip=chip, engine="array"), "engine = 'array' is not the name of a"),
        (
            lambda chip: cycles.write_cycles(chip=chip, engine="arrays", values=1, clock_hz=1e9),
            "one that runs kv_write",
        ),
        (
            lambda chip: cycles.load_cycles(chip=chip, engine="arrays", memory="inside", k=1, n=1, clock_hz=1e9),
            "memory = 'inside' is not one of outside",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(small: Chip, call, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        call(small)


def test_regions_are_as_many_rows_as_are_driven() -> None:
    chip, nine = load_chip("wtm2101"), {"engine": "flash", "blocks": "wtm2101/nine-blocks"}
    assert packing.loads_if_packed(chip=chip, **nine) == 1
    assert packing.loads_if_packed(chip=chip, **nine, reserved_columns=128) == 2
    assert packing.fewest_columns(chip=chip, **nine) == 940
    assert packing.fewest_columns(chip=chip, **nine, reserved_columns=128) == 936
    assert packing.packed_fraction(chip=chip, **nine) == pytest.approx(1_325_276 / 1_851_392)


def test_a_search_that_does_not_settle_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = packing.pack
    monkeypatch.setattr(packing, "pack", lambda blocks, floor: stopped(blocks, floor, most_steps=3))
    packing._packed.cache_clear()
    with pytest.raises(BitlineError, match="9 blocks: 3 steps did not settle"):
        packing.packed_fraction(chip=load_chip("wtm2101"), engine="flash", blocks="wtm2101/nine-blocks")
    packing._packed.cache_clear()


def test_several_points_a_pass_save_whole_passes() -> None:
    assert packing.passes_saved(points=3, outputs=12) == 3
    assert packing.passes_saved(points=5, outputs=12) == 4
