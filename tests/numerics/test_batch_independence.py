"""A row's result never depends on the rows beside it, nor on when it is computed: whatever is described."""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bitline.engines.kinds import engine_kinds
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
    InputFormat,
    Integer,
    NearMemory,
    OutlierCode,
    Spread,
    Storage,
    Transfer,
    WeightFormat,
    WireModel,
)
from bitline.hardware.document import Document
from bitline.hardware.drift import Leak, LogarithmicDrift, PowerDrift, Temperature
from bitline.hardware.faults import YieldMap
from bitline.hardware.law import Course, Law, Piece, Snapshot
from bitline.hardware.library import part_names
from bitline.hardware.schema import value_of
from bitline.hardware.using import with_parts
from bitline.numerics import Matrix, is_random, program
from bitline.numerics.devices import Age

torch.set_num_threads(1)

K, N, ROWS = 41, 6, 7
PLANS = ("auto", "exact", "fold", "lossless", "statistical")
AGES = (Age(), Age(seconds=3600.0), Age(seconds=1e6, kelvin=340.0), Age(tokens=50.0))


@cache
def cell_of(name: str) -> Cell:
    tree = with_parts(Document(tree={"use": name}), Cell, engine_kinds()).tree
    cell, problems = value_of(Cell, {key: value for key, value in tree.items() if key != "provenance"})
    assert not problems
    return cell


def line(*numbers: float) -> Law:
    return Law(pieces=(Piece(coefficients=numbers),))


SHARES = st.sampled_from((0.0, 0.02, 0.3))
SPREADS = st.one_of(
    st.builds(
        Spread,
        sigma_fraction=st.sampled_from((0.01, 0.1)),
        of=st.sampled_from(("range", "state")),
        within_sigmas=st.sampled_from((None, 2.0)),
        tails=st.sampled_from(("clipped", "redrawn")),
    ),
    st.builds(Spread, law=st.just(line(0.01, 0.03)), of=st.sampled_from(("range", "state"))),
    st.just(Spread(course=Course(at=(Snapshot(seconds=0, law=line(0.01)), Snapshot(seconds=1e4, law=line(0.05)))))),
    st.just(Spread(states_fraction=(0.01, 0.02, 0.03, 0.04))),
)
DRIFTS = st.builds(
    Drift,
    shift=st.sampled_from((None, Course(at=(Snapshot(seconds=10, law=line(-0.05)),)))),
    power=st.sampled_from((None, PowerDrift(exponent_mean=line(0.05), exponent_sigma=line(0.02), since_s=20.0))),
    logarithmic=st.sampled_from((None, LogarithmicDrift(mean_per_ln_siemens=-1e-7, sigma_siemens=2e-7))),
    leak=st.sampled_from((None, Leak(tau_s=1e6, per_token_fraction=0.001, rest_fraction=0.2))),
)
FAULTS = st.builds(
    Faults,
    stuck_on_fraction=SHARES,
    stuck_off_fraction=SHARES,
    map=st.sampled_from((None, YieldMap(rows=8, columns=5, row=(1, 3), column=(0, 4), state=(1.0, 0.0)))),
)
TABLE = DeviceTable(
    seconds=(0, 0, 1e4, 1e4), state=(0.0, 1.0, 0.0, 1.0), mean=(0.01, 1.0, 0.02, 0.9), spread=(0.01, 0.02, 0.02, 0.04)
)


@st.composite
def own_cells(draw) -> Cell:
    ratio = draw(st.sampled_from((None, 5.0, 100.0)))
    table = draw(st.sampled_from((None, None, TABLE)))
    read = draw(st.none() | SPREADS)
    if read is not None:
        read = dataclasses.replace(read, replays=draw(st.sampled_from((None, None, 1, 3))))
    return Cell(
        technology="pcm",
        bits=2,
        on_off_ratio=ratio,
        g_max_siemens=25e-6,
        table=table,
        programming_noise=None if table else draw(st.none() | SPREADS),
        drift=None if table else draw(st.none() | DRIFTS),
        temperature=draw(st.sampled_from((None, Temperature(activation_ev=0.2, conductance_fraction_per_k=1e-3)))),
        faults=draw(st.none() | FAULTS),
        read_noise=read,
        summation=draw(st.sampled_from(("current", "charge"))),
        capacitance_farad=draw(st.sampled_from((None, 1e-15))),
        read_voltage_v=draw(st.sampled_from((None, 0.3))),
    )


CELLS = st.one_of(own_cells(), own_cells(), st.sampled_from(part_names("cell")).map(cell_of))


@st.composite
def weight_formats(draw, cell_bits: int) -> WeightFormat:
    bits = draw(st.integers(max(2, min(cell_bits, 9)), 9))
    encoding = draw(st.sampled_from(("offset", "bias_column", "differential", "sign_split")))
    pairs = encoding in ("differential", "sign_split")
    digits = draw(st.sampled_from(("magnitude", "balanced"))) if pairs else "magnitude"
    cut: list[int] = []
    while sum(cut) < (bits - 1 if pairs and digits == "magnitude" else bits):
        cut.append(draw(st.integers(1, cell_bits)))
    return WeightFormat(
        bits=bits,
        encoding=encoding,
        digits=digits,
        slice_bits=tuple(cut) if draw(st.booleans()) else (),
        scale=draw(st.sampled_from(("column", "tensor", "block"))),
        full_scale=draw(st.sampled_from((None, None, 1.5))),
        clip_sigmas=draw(st.sampled_from((None, None, 2.0))),
        reference=draw(st.sampled_from(("analog", "digital"))),
    )


@st.composite
def input_formats(draw) -> InputFormat:
    bits = draw(st.integers(2, 9))
    signed = draw(st.sampled_from(("twos_complement", "offset", "sign_split", "bipolar", "unsigned")))
    return InputFormat(
        bits=bits,
        signed=signed,
        bits_per_pulse=1 if signed == "twos_complement" else draw(st.integers(1, bits)),
        offset_product=draw(st.sampled_from(("digital", "measured"))) if signed == "offset" else "digital",
        coding=draw(st.sampled_from(("voltage", "time"))),
        range=draw(st.sampled_from(("dynamic", "static", "row"))),
        statistic=draw(st.sampled_from(("max", "percentile", "mse"))),
        percentile=draw(st.sampled_from((99.0, 99.99))),
        rescale_fraction=draw(st.sampled_from((0.0, 0.0, 0.5))),
    )


@st.composite
def converters(draw) -> Adc:
    bits = draw(st.sampled_from((None, 4, 6, 8, 12)))
    if bits is None:
        return Adc()
    span = draw(st.sampled_from(("full", "unit", "calibrated", "calibrated", "given")))
    steps = draw(st.sampled_from((None, None, "symmetric", "all", "overflow")))
    given_range = span == "given"
    straying = draw(st.booleans())
    sar = straying and steps != "overflow" and draw(st.booleans())
    table = Transfer(threshold_codes=(0.6, 1.4, 2.5, 4.0), output_codes=(1, 2, 3.5, 5))
    return Adc(
        kind="sar" if sar else draw(st.sampled_from(("sar", "ramp", "sense", "flash", "time"))),
        bits=bits,
        range=span,
        per_array=draw(st.sampled_from((1, 3, 8))),
        steps=steps,
        low=(-6.0,) if given_range else (),
        high=(6.0,) if given_range else (),
        finer_than_unit=draw(st.booleans()),
        power_of_two=draw(st.booleans()),
        scope=draw(st.sampled_from(("matrix", "slice", "block", "column"))),
        statistic=draw(st.sampled_from(("max", "percentile", "mse"))),
        gain_spread_fraction=draw(SHARES) / 3 if straying else 0.0,
        offset_spread_codes=draw(SHARES) if straying else 0.0,
        inl_codes=draw(st.sampled_from(((), (0.1, 0.0, -0.4)))) if straying else (),
        inl_spread_codes=draw(st.sampled_from(((), (0.2, 0.1)))) if straying else (),
        capacitor_spread_fraction=0.05 if sar else 0.0,
        noise_codes=draw(st.sampled_from((0.0, 0.4))) if straying else 0.0,
        transfer=table if straying and draw(st.booleans()) else None,
    )


CORRECTIONS = st.builds(
    Correction,
    affine=st.sampled_from(("none", "none", "column")),
    near_memory=st.sampled_from((None, None, NearMemory(), NearMemory(cut_after_bits=3, output_bits=12))),
    accumulator_bits=st.sampled_from((None, None, 16)),
    overflow=st.sampled_from(("saturate", "wrap")),
    drift=st.sampled_from(("none", "global", "column")),
)
WIRES = st.builds(
    WireModel,
    wordline_ohm=st.sampled_from((0.0, 5.0)),
    bitline_ohm=st.sampled_from((1.0, 8.0)),
    driver_ohm=st.sampled_from((0.0, 100.0)),
    sense_ohm=st.sampled_from((0.0, 100.0)),
    access_ohm=st.sampled_from((0.0, 2000.0)),
    drive=st.sampled_from(("one_sided", "two_sided")),
    sense=st.sampled_from(("one_sided", "two_sided")),
    bitlines=st.sampled_from(("separate", "interleaved")),
    method=st.sampled_from(("exact", "coarse", "ladder")),
)
ARRAYS = st.builds(
    Array,
    rows=st.sampled_from((16, 64)),
    columns=st.just(32),
    active_rows=st.sampled_from((None, 5, 16)),
    wire_resistance_ohm=st.sampled_from((0.0, 0.0, 2.0)),
    wires=st.none() | st.none() | WIRES,
)
STORAGES = st.builds(
    Storage,
    flipped_fraction=st.sampled_from((0.0, 0.0, 0.01)),
    protection=st.sampled_from((None, OutlierCode(page_values=64, protected_fraction=0.1))),
)


@st.composite
def arithmetics(draw) -> Analog:
    cell = draw(CELLS)
    return Analog(
        weight=draw(weight_formats(cell.bits)),
        input=draw(input_formats()),
        cell=cell,
        array=draw(ARRAYS),
        adc=draw(converters()),
        output_noise_fraction=draw(st.sampled_from((0.0, 0.0, 0.003))),
        correction=draw(CORRECTIONS),
        storage=draw(STORAGES),
    )


def vectors(arithmetic: Analog | Integer, rows: int, seed: int) -> torch.Tensor:
    x = torch.randn(rows, K, generator=torch.Generator().manual_seed(seed))
    x[0, :30] = 0.0
    return x.abs() if arithmetic.input.signed == "unsigned" else x


def weights() -> torch.Tensor:
    return torch.randn(N, K, generator=torch.Generator().manual_seed(5))


def programmed(arithmetic: Analog, plan: str, seed: int = 0) -> Matrix:
    try:
        return program(weights(), arithmetic, key=(seed, "w"), plan=plan)  # type: ignore[arg-type]
    except ConfigError:
        assume(False)
        raise


def same(one: torch.Tensor, two: torch.Tensor) -> bool:
    return torch.equal(one.nan_to_num(nan=7e7), two.nan_to_num(nan=7e7))


@given(
    arithmetics(),
    st.sampled_from(PLANS),
    st.sampled_from(AGES),
    st.booleans(),
    st.integers(1, ROWS - 1),
    st.permutations(range(ROWS)),
)
@settings(max_examples=70, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_a_row_is_its_own(arithmetic, plan, age, calibrated, cut, order):
    matrix = programmed(arithmetic, plan)
    if calibrated:
        matrix.observe(vectors(arithmetic, 30, 1))
        matrix.settle()
    matrix.grow(age)
    x = vectors(arithmetic, ROWS, 2)
    whole = matrix.multiply(x)
    assert whole.shape == (ROWS, N)
    assert whole.isfinite().all()
    assert same(whole, matrix.multiply(x)), "twice"
    assert same(whole, torch.cat([matrix.multiply(row[None]) for row in x])), "one by one"
    assert same(whole[list(order)], matrix.multiply(x[list(order)])), "in another order"
    assert same(whole, torch.cat([matrix.multiply(x[:cut]), matrix.multiply(x[cut:])])), "split"
    assert same(whole, torch.cat([matrix.multiply(x), matrix.multiply(x)])[ROWS:])


def always_alike(arithmetic: Analog) -> bool:
    """What is fixed by the description alone though cells are not ideal: a map, a mean that is off, a table's."""
    faults, drift = arithmetic.cell.faults, arithmetic.cell.drift
    stuck = faults is not None and (faults.map is not None or faults.stuck_on_fraction + faults.stuck_off_fraction > 0)
    return stuck or (drift is not None and drift.shift is not None) or arithmetic.cell.temperature is not None


@given(arithmetics(), st.sampled_from(PLANS))
@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_another_seed_is_another_chip_where_chance_is_at_work(arithmetic, plan):
    x = vectors(arithmetic, ROWS, 3)
    one, again, other = (programmed(arithmetic, plan, seed).multiply(x) for seed in (0, 0, 1))
    assert same(one, again)
    random = is_random(arithmetic, plan)  # type: ignore[arg-type]
    if not random:
        assert same(one, other)
    # Few codes, narrow units and single flips can hide what strays.
    coarse = arithmetic.adc.bits is not None or arithmetic.correction.near_memory is not None
    if random and not coarse and arithmetic.storage.flipped_fraction == 0.0 and not always_alike(arithmetic):
        assert not same(one, other)


@pytest.mark.parametrize(
    "arithmetic",
    [
        Integer(weight=WeightFormat(), input=InputFormat(), storage=Storage(flipped_fraction=0.01)),
        Integer(weight=WeightFormat(), input=InputFormat()),
        *(
            Analog(
                weight=WeightFormat(),
                input=InputFormat(),
                cell=Cell(technology="reram", bits=2),
                array=Array(rows=16, columns=32),
                adc=Adc(bits=7, kind="sar", **straying),
            )
            for straying in (
                {"gain_spread_fraction": 0.1},
                {"offset_spread_codes": 1.0},
                {"inl_spread_codes": (0.0, 1.0)},
                {"capacitor_spread_fraction": 0.1},
                {"inl_codes": (0.0, 1.0)},
                {},
            )
        ),
        Analog(
            weight=WeightFormat(),
            input=InputFormat(),
            cell=Cell(technology="reram", bits=2),
            array=Array(rows=16, columns=32),
            adc=Adc(),
            storage=Storage(flipped_fraction=0.01),
        ),
    ],
)
def test_converters_that_differ_and_bits_that_flip_are_chance_too(arithmetic):
    x = vectors(arithmetic, ROWS, 3)
    one, other = (program(weights(), arithmetic, key=(seed, "w")).multiply(x) for seed in (0, 1))
    assert is_random(arithmetic) == (not torch.equal(one, other))


@pytest.mark.parametrize("fraction", [0.01, None])
def test_noise_behind_the_bitlines_needs_no_noisy_cell(fraction):
    """Neither a folded layer, nor cells that share charge but say nothing of capacitors, need noise of their own."""
    wires = None if fraction is None else WireModel(bitline_ohm=5.0)
    cell = Cell(technology="sram-8t1c", summation="charge", g_max_siemens=1e-5)
    arithmetic = Analog(
        weight=WeightFormat(),
        input=InputFormat(),
        cell=cell,
        array=Array(rows=16, columns=32, wires=wires),
        adc=Adc() if fraction else Adc(bits=6),
        output_noise_fraction=fraction or 0.0,
    )
    x = vectors(arithmetic, ROWS, 3)
    one, other = (program(weights(), arithmetic, key=(seed, "w")).multiply(x) for seed in (0, 1))
    assert torch.equal(one, other) == (fraction is None)
