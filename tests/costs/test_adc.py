"""Converters: the survey sheet's curves, published macros, envelopes, monotone in bits and node, arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bitline.costs import adc
from bitline.hardware import Adc, Technology, Transfer
from bitline.hardware.figure import Figure

BITS = st.integers(min_value=1, max_value=12)
NODE = st.floats(min_value=3, max_value=130)
RATE = st.floats(min_value=1e3, max_value=5e9)
KINDS = ("sar", "flash", "ramp", "time", "sense")
AT_28 = Technology(node_nm=28)


@pytest.mark.parametrize(
    ("bits", "node_nm", "expected_pj"),
    [(4, 28, (0.047, 0.195, 1.22)), (6, 28, (0.18, 0.56, 2.5)), (8, 28, (0.70, 1.63, 5.3)), (10, 28, (2.7, 4.7, 10.9)),
     (8, 14, (0.53, 1.24, 3.9)), (8, 7, (0.41, 0.94, 2.9)), (8, 65, (0.97, 2.28, 7.6))],
)  # fmt: skip
def test_energy_equals_the_sample_of_the_sheet(bits: int, node_nm: float, expected_pj: tuple[float, float, float]):
    figure = adc.conversion_energy(Adc(bits=bits, effective_bits=bits), Technology(node_nm=node_nm))
    assert (figure.low, figure.typical, figure.high) == pytest.approx(tuple(1e-12 * e for e in expected_pj), rel=0.03)


@pytest.mark.parametrize(
    ("bits", "rate_hz", "technology", "published_pj"),
    [
        pytest.param(8, 4.57e6, Technology(node_nm=65, supply_v=0.85), 1.79, id="Jia 2020, 0.85 V"),
        pytest.param(8, 11.4e6, Technology(node_nm=65, supply_v=1.2), 3.56, id="Jia 2020, 1.2 V"),
        pytest.param(8, 215e6, Technology(node_nm=22, supply_v=1.0), 2.66, id="Wang 2022, 1 V"),
    ],
)
def test_converters_of_published_macros_lie_in_the_envelope(
    bits: int, rate_hz: float, technology: Technology, published_pj: float
):
    low_j, high_j = ends(adc.conversion_energy(Adc(bits=bits, rate_hz=rate_hz), technology))
    assert low_j < published_pj * 1e-12 < high_j


@given(kind=st.sampled_from(KINDS), bits=BITS, node_nm=NODE, rate_hz=RATE, survey=st.sampled_from(adc.LEVELS))
def test_more_bits_never_cost_less(kind, bits, node_nm, rate_hz, survey):
    few, many = (Adc(kind=kind, bits=b, rate_hz=rate_hz, per_array=64, survey=survey) for b in (bits, bits + 1))
    technology = Technology(node_nm=node_nm)
    for cost in (adc.conversion_energy, adc.area):
        for one, other in zip(every(cost(few, technology)), every(cost(many, technology)), strict=True):
            assert one < other
    assert (
        adc.conversion_time(unhurried(few), technology).typical
        <= adc.conversion_time(unhurried(many), technology).typical
    )


@given(kind=st.sampled_from(KINDS), bits=BITS, node_nm=NODE)
def test_a_finer_node_never_costs_more(kind, bits, node_nm):
    # Beyond, matching and noise rule, and a lower supply makes both dearer.
    assume(kind == "sar" or bits <= (3 if kind in ("flash", "sense") else 6))
    converter = Adc(kind=kind, bits=bits, per_array=64)
    here, coarser = Technology(node_nm=node_nm), Technology(node_nm=min(130.0, node_nm * 1.3))
    assert adc.conversion_energy(converter, here).typical <= adc.conversion_energy(converter, coarser).typical
    assert adc.area(converter, here).typical <= adc.area(converter, coarser).typical


@given(kind=st.sampled_from(KINDS), bits=BITS, node_nm=NODE, rate_hz=RATE, survey=st.sampled_from(adc.LEVELS))
def test_every_figure_is_an_envelope(kind, bits, node_nm, rate_hz, survey):
    converter, technology = Adc(kind=kind, bits=bits, rate_hz=rate_hz, survey=survey), Technology(node_nm=node_nm)
    figures = (
        adc.conversion_energy(converter, technology),
        adc.area(converter, technology),
        adc.conversion_time(unhurried(converter), technology),
    )
    for figure in figures:
        low, typical, high = every(figure)
        assert 0 < low <= typical <= high
        assert low < high


def test_the_description_chooses_the_quantile():
    best, typical, pessimistic = (adc.conversion_energy(Adc(bits=8, survey=one), AT_28) for one in adc.LEVELS)
    assert best.typical == best.low == typical.low < typical.typical < pessimistic.typical == typical.high
    assert "10 % quantile" in best.source
    assert "25 % quantile" in typical.source
    assert "50 % quantile" in pessimistic.source


@pytest.mark.parametrize("kind", KINDS)
def test_energy_goes_with_the_square_of_the_supply(kind):
    converter = Adc(kind=kind, bits=6, rate_hz=1e6)
    slow, nominal = (adc.conversion_energy(converter, replace(AT_28, supply_v=v)) for v in (0.6, 0.9))
    assert every(slow) == pytest.approx([one * (0.6 / 0.9) ** 2 for one in every(nominal)], rel=1e-9)


def test_speed_costs_energy_only_beyond_100_ms_per_s():
    slow, usual, fast = (adc.conversion_energy(Adc(bits=8, rate_hz=r), AT_28).typical for r in (1e6, 1e8, 1e9))
    assert slow == usual
    assert fast / usual == pytest.approx(10**0.362822, rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "bits", "low_fj", "high_fj"),
    [
        # A latched sense amplifier of 28 nm takes femtojoules [recalled]; four bits of flash in 7 nm must leave room in
        # the 5.8 pJ that Sinangil et al. 2021 measure for 16 of them with their array.
        ("sense", 1, 2, 50), ("flash", 1, 2, 50), ("flash", 3, 30, 400), ("sar", 1, 5, 100), ("sar", 4, 50, 500),
        ("ramp", 6, 100, 5_000), ("time", 8, 1_000, 30_000),
    ],
)  # fmt: skip
def test_orders_of_magnitude_at_28_nm(kind, bits, low_fj, high_fj):
    assert low_fj < adc.conversion_energy(Adc(kind=kind, bits=bits, per_array=128), AT_28).typical * 1e15 < high_fj


def test_areas_are_those_of_column_converters():
    published = {4: 361, 5: 477, 6: 627, 7: 845, 8: 1200, 9: 1828, 10: 3002}  # um2, ISAAC's set at 32 nm [stated]
    modelled = [adc.area(Adc(bits=b), Technology(node_nm=32)).typical * 1e12 for b in published]
    ratios = np.array(modelled) / np.array([*published.values()])
    assert 1 / 5 < ratios.min() < 1 < ratios.max() < 5


def test_stated_values_win():
    stated = Adc(bits=8, energy_per_conversion_j=1.5e-12, area_m2=1e-9, rate_hz=1.28e9, leakage_w=1e-6)
    figures = (
        adc.conversion_energy(stated, AT_28),
        adc.area(stated, AT_28),
        adc.conversion_time(stated, AT_28),
        adc.leakage(stated),
    )
    assert [figure.typical for figure in figures] == pytest.approx([1.5e-12, 1e-9, 1 / 1.28e9, 1e-6], rel=1e-9)
    assert {figure.origin for figure in figures} == {"stated"}


def test_ideal_converters_cost_nothing_and_say_so():
    for ideal in (Adc(), Adc(kind="ideal", bits=8)):
        assert adc.conversion_energy(ideal, AT_28).origin == "ideal"
        assert adc.conversion_time(ideal, AT_28).typical == 0.0
        assert adc.area(ideal, AT_28).typical == 0.0


def test_the_source_says_which_model():
    assert "bottom-up flash" in adc.conversion_energy(Adc(kind="flash", bits=3), AT_28).source
    assert "few bits" in adc.conversion_energy(Adc(bits=2), AT_28).source
    assert "few bits" not in adc.conversion_energy(Adc(bits=8), AT_28).source
    assert "bottom-up ramp" in adc.conversion_time(Adc(kind="ramp", bits=8), AT_28).source


def test_few_bits_join_the_survey_without_a_jump():
    below, above = (adc.conversion_energy(Adc(bits=4, effective_bits=3.5 + d), AT_28).typical for d in (-1e-9, 1e-9))
    assert below == pytest.approx(above, rel=1e-6)


def test_sense_amplifiers_count_their_thresholds():
    one = Adc(kind="sense", bits=3, transfer=Transfer(threshold_codes=(0.5, 3.5)))
    all_seven = Adc(kind="sense", bits=3)
    assert adc.conversion_energy(one, AT_28).typical < adc.conversion_energy(all_seven, AT_28).typical / 2


def test_converters_share_a_ramp():
    alone, shared = (Adc(kind="ramp", bits=6, per_array=n) for n in (1, 128))
    assert adc.area(shared, AT_28).typical < adc.area(alone, AT_28).typical / 5
    assert adc.conversion_energy(shared, AT_28).typical < adc.conversion_energy(alone, AT_28).typical / 2


def test_an_oscillator_of_14_nm_takes_about_the_published_time():
    low_s, high_s = ends(adc.conversion_time(Adc(kind="time", bits=8), Technology(node_nm=14)))
    assert low_s < 128e-9 < high_s  # HERMES [stated]


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_in_arrays_out(kind):
    bits, nodes, rates = np.arange(1, 9), np.array([[7.0], [28.0], [65.0]]), np.linspace(1e6, 3e9, 8)
    effective, shared = bits - 0.5, np.arange(1, 9)
    swept = Adc(kind=kind, bits=bits, effective_bits=effective, rate_hz=rates, per_array=shared)
    for cost in (adc.conversion_energy, adc.area, adc.conversion_time):
        figure = cost(swept if cost is not adc.conversion_time else unhurried(swept), Technology(node_nm=nodes))
        for i, node_nm in enumerate((7.0, 28.0, 65.0)):
            for j in range(8):
                alone = Adc(
                    kind=kind, bits=int(bits[j]), effective_bits=float(effective[j]), rate_hz=float(rates[j]),
                    per_array=int(shared[j]),
                )  # fmt: skip
                one = cost(alone if cost is not adc.conversion_time else unhurried(alone), Technology(node_nm=node_nm))
                got = [np.broadcast_to(end, (3, 8))[i, j] for end in every(figure)]
                assert got == pytest.approx(every(one), rel=1e-12)
                assert all(np.ndim(end) == 0 for end in every(one))


def every(figure: Figure) -> list[float]:
    return [*ends(figure)[:1], figure.typical, *ends(figure)[1:]]


def ends(figure: Figure) -> tuple[float, float]:
    assert figure.low is not None
    assert figure.high is not None
    return figure.low, figure.high


def unhurried(converter: Adc) -> Adc:
    return replace(converter, rate_hz=None)
