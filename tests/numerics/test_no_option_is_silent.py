"""Every field of an analog engine's description changes what is computed, or is refused, or is known to be a cost."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest
import torch

from bitline.errors import ConfigError
from bitline.hardware import (
    Adc,
    Analog,
    Array,
    Cell,
    Correction,
    DeviceTable,
    Drift,
    Faults,
    Flicker,
    InputFormat,
    Leak,
    LogarithmicDrift,
    NearMemory,
    OutlierCode,
    PowerDrift,
    Spread,
    Storage,
    Temperature,
    Transfer,
    WeightFormat,
    WireModel,
    Write,
    YieldMap,
)
from bitline.hardware.deciding import COST_ONLY
from bitline.hardware.law import Course, Law, Piece, Snapshot
from bitline.numerics import program
from bitline.numerics.devices import Age

torch.set_num_threads(1)

K, N = 40, 6
OLD = Age(seconds=1e5, kelvin=320.0, tokens=10.0)


def line(*numbers: float, **units: float) -> Law:
    return Law(pieces=(Piece(coefficients=numbers),), **units)


def course(*numbers: float) -> Course:
    return Course(at=tuple(Snapshot(seconds=10.0**i, law=line(number)) for i, number in enumerate(numbers)))


WEIGHT, INPUT = WeightFormat(), InputFormat()
PCM = Cell(
    technology="pcm", bits=2, g_max_siemens=2e-5, on_off_ratio=20.0, read_voltage_v=0.2,
    programming_noise=Spread(sigma_fraction=0.05), read_noise=Spread(sigma_fraction=0.05),
)  # fmt: skip
WIRES = WireModel(wordline_ohm=2.0, bitline_ohm=4.0)
NEAR = NearMemory(cut_before_bits=6, cut_after_bits=6, output_bits=14)
RESISTIVE = Array(rows=16, columns=32, wires=WIRES)
PAIRS = WeightFormat(encoding="differential")
NARROW = {"adc": Adc(bits=5)}
DRIFTING = Drift(
    shift=course(-0.1, -0.2), power=PowerDrift(exponent_mean=line(0.05), exponent_sigma=line(0.02), since_s=20.0),
    logarithmic=LogarithmicDrift(mean_per_ln_siemens=-1e-7, sigma_siemens=2e-7, sigma_per_ln_siemens=1e-8),
    leak=Leak(tau_s=1e6, per_token_fraction=0.001, rest_fraction=0.1),
)  # fmt: skip
OFFSET = InputFormat(signed="offset", bits_per_pulse=2)
STATIC = InputFormat(range="static", statistic="percentile", percentile=99.0)
CALIBRATED = Adc(bits=5, range="calibrated", statistic="percentile", percentile=99.0, finer_than_unit=True)


def cell(**changes: Any) -> dict[str, Any]:
    return {"cell": dataclasses.replace(PCM, **changes)}


def spread(**changes: Any) -> dict[str, Any]:
    return cell(programming_noise=Spread(**{"sigma_fraction": 0.05, **changes}))


def read(**changes: Any) -> dict[str, Any]:
    return cell(read_noise=Spread(**{"sigma_fraction": 0.05, **changes}))


def drift(**changes: Any) -> dict[str, Any]:
    return cell(drift=dataclasses.replace(DRIFTING, **changes))


def power(**changes: Any) -> dict[str, Any]:
    assert DRIFTING.power is not None
    return drift(power=dataclasses.replace(DRIFTING.power, **changes))


def logarithmic(**changes: Any) -> dict[str, Any]:
    assert DRIFTING.logarithmic is not None
    return drift(logarithmic=dataclasses.replace(DRIFTING.logarithmic, **changes))


def leak(**changes: Any) -> dict[str, Any]:
    assert DRIFTING.leak is not None
    return drift(leak=dataclasses.replace(DRIFTING.leak, **changes))


def wires(**changes: Any) -> dict[str, Any]:
    return {"array": dataclasses.replace(RESISTIVE, wires=dataclasses.replace(WIRES, **changes))}


def storage(**changes: Any) -> dict[str, Any]:
    code = OutlierCode(**{"page_values": 64, "protected_fraction": 0.1, **changes})
    return {"storage": Storage(flipped_fraction=0.1, protection=code)}


def adc(**changes: Any) -> dict[str, Any]:
    return {"adc": Adc(**{"bits": 5, **changes})}


def calibrated(**changes: Any) -> dict[str, Any]:
    return {"adc": dataclasses.replace(CALIBRATED, **changes)}


def correction(**changes: Any) -> dict[str, Any]:
    return {"adc": Adc(bits=5), "correction": Correction(**changes)}


def near(**changes: Any) -> dict[str, Any]:
    return correction(near_memory=dataclasses.replace(NEAR, **changes))


OXIDE = cell(g_max_siemens=225e-6, on_off_ratio=4.5, programming_noise=None)
CHARGE = {"summation": "charge", "capacitance_farad": 1e-17}
VERIFIED = Write(pulse_s=1e-6, tolerance_fraction=0.02)
MAP = YieldMap(rows=8, columns=5, row=(1, 3, 5), column=(0, 4, 2), state=(1.0, 0.0, 0.5))
TABLE = DeviceTable(seconds=(0.0, 0.0), state=(0.0, 1.0), mean=(0.0, 0.9), spread=(0.01, 0.02))
TRANSFER = Transfer(threshold_codes=(1.0, 4.0, 9.0), output_codes=(2.0, 6.0, 10.0), below_codes=1.0)

SHOWN: Mapping[type, Mapping[str, tuple[dict[str, Any], dict[str, Any]]]] = {
    WeightFormat: {
        "bits": ({}, {"weight": WeightFormat(bits=6)}),
        "encoding": (NARROW, {**NARROW, "weight": PAIRS}),
        "digits": ({**NARROW, "weight": PAIRS},
                   {**NARROW, "weight": WeightFormat(encoding="differential", digits="balanced")}),
        "slice_bits": (NARROW, {**NARROW, "weight": WeightFormat(slice_bits=(1, 1, 2, 2, 2))}),
        "scale": ({}, {"weight": WeightFormat(scale="tensor")}),
        "full_scale": ({}, {"weight": WeightFormat(full_scale=1.5)}),
        "clip_sigmas": ({}, {"weight": WeightFormat(clip_sigmas=1.5)}),
        "reference": (NARROW, {**NARROW, "weight": WeightFormat(reference="digital")}),
    },
    InputFormat: {
        "bits": ({}, {"input": InputFormat(bits=5)}),
        "bits_per_pulse": ({**NARROW, "input": OFFSET}, {**NARROW, "input": InputFormat(signed="offset")}),
        "signed": (NARROW, {**NARROW, "input": InputFormat(signed="sign_split")}),
        "offset_product": ({"input": OFFSET}, {"input": dataclasses.replace(OFFSET, offset_product="measured")}),
        "range": ({}, {"input": STATIC}),
        "statistic": ({"input": STATIC}, {"input": dataclasses.replace(STATIC, statistic="max")}),
        "percentile": ({"input": STATIC}, {"input": dataclasses.replace(STATIC, percentile=90.0)}),
        "rescale_fraction": ({}, {"input": InputFormat(rescale_fraction=0.5)}),
    },
    Adc: {
        "kind": (adc(), adc(kind="ideal")),
        "bits": (adc(), adc(bits=4)),
        "per_array": (adc(gain_spread_fraction=0.1), adc(gain_spread_fraction=0.1, per_array=4)),
        "range": (adc(), adc(range="unit")),
        "low": (adc(range="given", high=(9.0,)), adc(range="given", low=(-3.0,), high=(9.0,))),
        "high": (adc(range="given", high=(9.0,)), adc(range="given", high=(5.0,))),
        "steps": (adc(), adc(steps="overflow")),
        "finer_than_unit": (adc(bits=8), adc(bits=8, finer_than_unit=True)),
        "power_of_two": (adc(), adc(power_of_two=True)),
        "scope": (calibrated(), calibrated(scope="column")),
        "statistic": (calibrated(), calibrated(statistic="max")),
        "percentile": (calibrated(), calibrated(percentile=80.0)),
        "gain_spread_fraction": (adc(), adc(gain_spread_fraction=0.1)),
        "offset_spread_codes": (adc(), adc(offset_spread_codes=1.0)),
        "inl_codes": (adc(), adc(inl_codes=(0.0, 1.0))),
        "inl_spread_codes": (adc(), adc(inl_spread_codes=(0.0, 1.0))),
        "capacitor_spread_fraction": (adc(), adc(capacitor_spread_fraction=0.1)),
        "noise_codes": (adc(), adc(noise_codes=0.5)),
        "transfer": (adc(), adc(transfer=TRANSFER)),
    },
    Transfer: {
        name: (adc(transfer=TRANSFER), adc(transfer=dataclasses.replace(TRANSFER, **{name: value})))
        for name, value in (("threshold_codes", (1.0, 5.0, 9.0)), ("output_codes", (2.0, 6.0, 12.0)),
                            ("below_codes", 0.0))
    },
    Correction: {
        "affine": (correction(), correction(affine="column")),
        "near_memory": (correction(), near()),
        "accumulator_bits": (correction(), correction(accumulator_bits=11)),
        "overflow": (correction(accumulator_bits=11), correction(accumulator_bits=11, overflow="wrap")),
        "drift": ({**correction(), **drift()}, {**correction(drift="global"), **drift()}),
    },
    NearMemory: {
        name: (near(), near(**{name: value}))
        for name, value in (("scale_integer_bits", 0), ("scale_fraction_bits", 5), ("relu", True),
                            ("cut_before_bits", 4), ("cut_after_bits", 8), ("output_bits", 8))
    } | {
        name: (near() | correction(near_memory=NEAR, affine="column"),
               correction(near_memory=dataclasses.replace(NEAR, **{name: value}), affine="column"))
        for name, value in (("offset_integer_bits", 1), ("offset_fraction_bits", 9))
    },
    Array: {
        "rows": (NARROW, {**NARROW, "array": Array(rows=24, columns=32)}),
        "columns": ({"array": RESISTIVE}, {"array": dataclasses.replace(RESISTIVE, columns=8)}),
        "active_rows": (NARROW, {**NARROW, "array": Array(rows=16, columns=32, active_rows=8)}),
        "wire_resistance_ohm": ({}, {"array": Array(rows=16, columns=32, wire_resistance_ohm=5.0)}),
        "wires": ({}, {"array": RESISTIVE}),
    },
    WireModel: {
        name: (wires(), wires(**{name: value}))
        for name, value in (("wordline_ohm", 8.0), ("bitline_ohm", 8.0), ("driver_ohm", 99.0), ("sense_ohm", 99.0),
                            ("access_ohm", 999.0), ("drive", "two_sided"), ("sense", "two_sided"),
                            ("method", "ladder"))
    } | {
        "bitlines": ({**wires(), "weight": PAIRS}, {**wires(bitlines="interleaved"), "weight": PAIRS}),
        "source": (wires(), wires(source="separate")),
        "curve": ({**wires(), **OXIDE}, {**wires(curve="hafnium_oxide"), **OXIDE}),
        "sinh_v": (wires(curve="sinh", sinh_v=0.3), wires(curve="sinh", sinh_v=0.1)),
    },
    Cell: {
        "bits": (NARROW, {**NARROW, **cell(bits=4)}),
        "summation": (cell(capacitance_farad=1e-17), cell(**CHARGE)),
        "g_max_siemens": ({"array": RESISTIVE}, {"array": RESISTIVE, **cell(g_max_siemens=9e-5)}),
        "on_off_ratio": ({}, cell(on_off_ratio=3.0)),
        "programming_noise": ({}, cell(programming_noise=None)),
        "drift": ({}, drift()),
        "temperature": (drift(), cell(drift=DRIFTING, temperature=Temperature(activation_ev=0.3))),
        "faults": ({}, cell(faults=Faults(stuck_on_fraction=0.1))),
        "table": (cell(programming_noise=None), cell(programming_noise=None, table=TABLE)),
        "read_noise": ({}, cell(read_noise=None)),
        "read_voltage_v": (cell(**CHARGE), cell(read_voltage_v=0.4, **CHARGE)),
        "capacitance_farad": (cell(**CHARGE), cell(summation="charge", capacitance_farad=5e-17)),
        "write": ({}, cell(write=VERIFIED)),
    },
    Write: {
        "tolerance_fraction": (cell(write=VERIFIED), cell(write=Write(pulse_s=1e-6, tolerance_fraction=0.05))),
        "most_pulses": (cell(write=VERIFIED), cell(write=dataclasses.replace(VERIFIED, most_pulses=2))),
    },
    Spread: {
        "sigma_fraction": (spread(), spread(sigma_fraction=0.02)),
        "of": (spread(), spread(of="state")),
        "law": (spread(), spread(sigma_fraction=0.0, law=line(0.01, 0.05))),
        "course": (spread(), spread(sigma_fraction=0.0, course=course(0.01, 0.08))),
        "states_fraction": (spread(), spread(sigma_fraction=0.0, states_fraction=(0.01, 0.02, 0.03, 0.04))),
        "within_sigmas": (spread(), spread(within_sigmas=1.0)),
        "tails": (spread(within_sigmas=1.0), spread(within_sigmas=1.0, tails="redrawn")),
        "law_of": (cell(drift=DRIFTING, read_noise=Spread(law=line(0.01, 0.2))),
                   cell(drift=DRIFTING, read_noise=Spread(law=line(0.01, 0.2), law_of="programmed"))),
        "flicker": (read(), read(flicker=Flicker(read_s=1e-6))),
        "replays": (read(), read(replays=2)),
    },
    Flicker: {
        "read_s": (read(flicker=Flicker(read_s=1e-6)), read(flicker=Flicker(read_s=1e-4))),
        "since_s": (read(flicker=Flicker(read_s=1e-6)), read(flicker=Flicker(read_s=1e-6, since_s=1e6))),
    },
    Drift: {
        "shift": (drift(), drift(shift=None)),
        "power": (drift(), drift(power=None)),
        "logarithmic": (drift(), drift(logarithmic=None)),
        "leak": (drift(), drift(leak=None)),
    },
    PowerDrift: {
        "exponent_mean": (power(), power(exponent_mean=line(0.1))),
        "exponent_sigma": (power(), power(exponent_sigma=None)),
        "since_s": (power(), power(since_s=200.0)),
    },
    LogarithmicDrift: {
        "mean_per_ln_siemens": (logarithmic(), logarithmic(mean_per_ln_siemens=1e-7)),
        "sigma_siemens": (logarithmic(), logarithmic(sigma_siemens=9e-7)),
        "sigma_per_ln_siemens": (logarithmic(), logarithmic(sigma_per_ln_siemens=9e-8)),
    },
    Leak: {
        "tau_s": (leak(), leak(tau_s=1e5)),
        "per_token_fraction": (leak(), leak(per_token_fraction=0.05)),
        "rest_fraction": (leak(), leak(rest_fraction=0.9)),
    },
    Temperature: {
        name: (drift(), cell(drift=DRIFTING, temperature=Temperature(**changes)))
        for name, changes in (
            ("reference_k", {"activation_ev": 0.3, "reference_k": 310.0}), ("activation_ev", {"activation_ev": 0.3}),
            ("conductance_fraction_per_k", {"conductance_fraction_per_k": 0.002}))
    },
    Faults: {
        "stuck_on_fraction": ({}, cell(faults=Faults(stuck_on_fraction=0.1))),
        "stuck_off_fraction": ({}, cell(faults=Faults(stuck_off_fraction=0.1))),
        "map": ({}, cell(faults=Faults(map=MAP))),
    },
    YieldMap: {
        name: (cell(faults=Faults(map=MAP)), cell(faults=Faults(map=dataclasses.replace(MAP, **{name: value}))))
        for name, value in (("rows", 16), ("columns", 9), ("row", (1, 3, 6)), ("column", (0, 4, 3)),
                            ("state", (1.0, 1.0, 0.5)))
    },
    DeviceTable: {
        name: (cell(programming_noise=None, table=TABLE),
               cell(programming_noise=None, table=dataclasses.replace(TABLE, **{name: value})))
        for name, value in (("seconds", (0.0, 1e4)), ("state", (0.0, 0.9)), ("mean", (0.1, 0.9)),
                            ("spread", (0.01, 0.2)))
    },
    Storage: {
        "flipped_fraction": ({}, {"storage": Storage(flipped_fraction=0.02)}),
        "protection": ({"storage": Storage(flipped_fraction=0.02)}, storage()),
    },
    OutlierCode: {
        name: (storage(), storage(**{name: value}))
        for name, value in (("page_values", 32), ("protected_fraction", 0.3), ("copies", 4), ("parity_bits", 0),
                            ("threshold_copies", 1))
    },
    Analog: {"output_noise_fraction": ({}, {"output_noise_fraction": 0.01})},
}  # fmt: skip
COSTS: Mapping[type, set[str]] = {
    InputFormat: {"coding"},
    Adc: {"rate_hz", "effective_bits", "survey", "energy_per_conversion_j", "area_m2", "leakage_w"},
    Array: {"read_s", "area_m2"},
    Cell: {"technology", "read_disturb", "read_energy_j", "area_f2", "endurance_writes", "volatile"},
    Write: {"pulse_s", "pulses", "verify_s", "voltage_v", "energy_j", "parallel_cells"},
    Analog: {"weight", "input", "cell", "array", "adc", "correction", "storage"},
}
"""What costs time, energy, area or life, and nothing else (of an analog engine: its blocks, listed one by one)."""


def outputs(changes: dict[str, Any], plan: str = "exact") -> torch.Tensor:
    parts = {"weight": WEIGHT, "input": INPUT, "cell": PCM, "array": Array(rows=16, columns=32), "adc": Adc()}
    return computed(Analog(**{**parts, **changes}), plan)


@cache
def computed(arithmetic: Analog, plan: str) -> torch.Tensor:
    draw = torch.Generator().manual_seed(5)
    weight, examples, x = (torch.randn(size, K, generator=draw) for size in (N, 40, 5))
    made = program(weight, arithmetic, key=(0, "w"), plan=plan)  # type: ignore[arg-type]
    made.observe(examples)
    made.settle()
    made.grow(OLD)
    return made.multiply(x)


@pytest.mark.parametrize("block", SHOWN)
def test_every_field_is_told_of(block):
    told = set(SHOWN[block]) | COSTS.get(block, set())
    assert told == {field.name for field in dataclasses.fields(block)}
    assert not set(SHOWN[block]) & COSTS.get(block, set())


@pytest.mark.parametrize(("block", "name"), [(block, name) for block, names in SHOWN.items() for name in names])
def test_a_change_shows(block, name):
    before, after = SHOWN[block][name]
    assert not torch.equal(outputs(before), outputs(after))


@pytest.mark.parametrize(("block", "name"), [(block, name) for block, names in SHOWN.items() for name in names])
@pytest.mark.parametrize("plan", ["fold", "statistical"])
def test_a_change_shows_or_is_refused_under_plans_that_fold(block, name, plan):
    before, after = SHOWN[block][name]
    try:
        found = outputs(before, plan), outputs(after, plan)
    except ConfigError as error:
        found = (), str(error)
    shown = f"plan = '{plan}'" in found[1] if isinstance(found[1], str) else not torch.equal(*found)
    assert shown, found[1]


def test_what_only_costs_is_what_a_calibration_is_not_compared_by():
    blocks = {block: names - ({"read_disturb"} if block is Cell else set()) for block, names in COSTS.items()}
    assert {block: names for block, names in blocks.items() if block is not Analog} == COST_ONLY
