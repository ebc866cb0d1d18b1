"""Vectors of other simulators, each said as a description."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, WeightFormat
from bitline.numerics import Calibration, Matrix, program

torch.set_num_threads(1)


def vectors(shared: Path, name: str) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    path = shared / "oracles" / f"{name}.npz"
    if not path.exists():
        pytest.skip(f"{path.name} is not in shared/oracles")
    return dict(np.load(path)), json.loads(path.with_suffix(".json").read_text())["parameters"]


def matrix(weight: np.ndarray, arithmetic: Analog, input_scale: float | None) -> Matrix:
    made = program(torch.from_numpy(weight).float(), arithmetic, key=(0,), plan="exact")
    if input_scale is not None:
        made.calibrate(Calibration(input_scale=input_scale))
    return made


def product(made: Matrix, vectors_by_row: np.ndarray) -> np.ndarray:
    return made.multiply(torch.from_numpy(vectors_by_row).float()).double().numpy()


@pytest.mark.parametrize("encoding", ["offset", "bias_column"])
@pytest.mark.parametrize("offset_product", ["digital", "measured"])
def test_bit_serial_offset_arrays_of_neurosim(shared, encoding, offset_product):
    """Its dummy column and dummy row are a bias column and a measured product of the input offset."""
    found, said = vectors(shared, "neurosim_w8c1_in8_adc7_rows128")
    arithmetic = Analog(
        weight=WeightFormat(bits=said["weight_bits"], encoding=encoding, scale="tensor"),
        input=InputFormat(bits=said["input_bits"], signed="offset", offset_product=offset_product, range="static"),
        cell=Cell(technology="sram", bits=said["bits_per_cell"]),
        array=Array(rows=said["rows_parallel"], columns=128),
        adc=Adc(bits=said["adc_bits"], range="unit", steps="overflow"),
    )
    ours = product(matrix(found["W_int"].T, arithmetic, 1.0), found["X_int"])
    np.testing.assert_allclose(ours, found["Y"], rtol=0, atol=0.5)
    clipped = dataclasses.replace(arithmetic, adc=Adc(bits=5, range="unit"))
    ours = product(matrix(found["W_int"].T, clipped, 1.0), found["X_int"])
    assert np.abs(ours - found["Y"]).max() > 100


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("slice_w8s4_in8_adc6_balanced", "differential"),
        ("slice_w8s2_in8signed_adc8_balanced", "differential"),
        ("slice_w8s4_in8_adc7_offset_onoff30", "offset"),
    ],
)
@pytest.mark.parametrize("converted", [True, False])
def test_sliced_products_of_crosssim(shared, name, encoding, converted):
    found, said = vectors(shared, name)
    signed = said["inputs_signed"]
    low, high = zip(*said["adc_ranges_per_slice_lsb_first"], strict=True)
    adc = Adc(bits=said["adc_bits"], range="given", low=low, high=high, steps="all")
    arithmetic = Analog(
        weight=WeightFormat(
            bits=said["weight_bits"], encoding=encoding, scale="tensor", full_scale=1.0, reference="digital"
        ),
        input=InputFormat(bits=said["input_bits"], signed="bipolar" if signed else "unsigned", range="static"),
        cell=Cell(technology="reram", bits=said["bits_per_slice"], on_off_ratio=said["on_off_ratio"]),
        array=Array(rows=found["W"].shape[1], columns=128),
        adc=adc if converted else Adc(),
    )
    made = matrix(found["W"], arithmetic, 1.0 / arithmetic.input.top_code)
    ours = product(made, found["X"].T).T
    if not converted:
        np.testing.assert_allclose(ours, found["Y_full_precision_adc"], rtol=0, atol=1e-6)
        return
    # With an even number of codes a sum of zero lies between two. We take the even one; the peer takes the one that
    # the rounding errors of its float64 sums point to. Nothing else may differ.
    ties = np.zeros_like(ours)
    codes, _ = made.codes(torch.from_numpy(found["X"].T).float())
    exact = made.rows[0].computed
    step, zero = exact.transfer.at(0)
    worth = made.rows[0].scale.double().numpy() * step / arithmetic.input.top_code
    for pulse, _, sums in exact.bitline_sums(codes):
        tied = ((sums.double() / step + zero) % 1.0 == 0.5).double().numpy()
        for digit, part in zip(exact.cells.digits, np.split(tied, len(exact.cells.digits), axis=1), strict=True):
            ties += part.T * worth[:, None] * abs(pulse.weight * digit.place)
    off = np.abs(ours - found["Y"])
    assert (off <= ties + 1e-5).all()
    assert (off > 1e-5).mean() <= (0.03 if encoding == "differential" else 0.005)


@pytest.mark.parametrize("name", ["mvm_dac8_adc8_balanced", "mvm_dac6_adc5_cell4_onoff20"])
def test_analog_inputs_on_balanced_pairs_of_crosssim(shared, name):
    """Cells without levels are those of as many as a float32 weight tells apart."""
    found, said = vectors(shared, name)
    levels = said["cell_bits"] or 23
    arithmetic = Analog(
        weight=WeightFormat(bits=levels + 1, encoding="differential", scale="tensor", full_scale=1.0),
        input=InputFormat(bits=said["dac_bits"], bits_per_pulse=said["dac_bits"] - 1, signed="bipolar", range="static"),
        cell=Cell(technology="reram", bits=levels, on_off_ratio=said["on_off_ratio"]),
        array=Array(rows=found["W"].shape[1], columns=128),
        adc=Adc(bits=said["adc_bits"], range="given", high=(said["adc_limit"],)),
    )
    ours = product(matrix(found["W"], arithmetic, 1.0 / arithmetic.input.top_code), found["X"].T).T
    off = np.abs(ours - found["Y"]) > 1e-5
    assert off.mean() <= 0.002


@pytest.mark.parametrize(("name", "result", "dynamic"), [
    ("aihwkit_io_8b8b", "Y", False), ("aihwkit_io_absmax", "Y_cpp", True), ("aihwkit_io_absmax", "Y_torch", True),
])  # fmt: skip
def test_converters_of_an_aihwkit_tile(shared, name, result, dynamic):
    found, said = vectors(shared, name)
    arithmetic = Analog(
        weight=WeightFormat(bits=24, encoding="differential", scale="tensor", full_scale=1.0),
        input=InputFormat(
            bits=said["inp_bits"], bits_per_pulse=said["inp_bits"] - 1, signed="bipolar",
            range="dynamic" if dynamic else "static",
        ),
        cell=Cell(technology="pcm", bits=23),
        array=Array(rows=found["W"].shape[1], columns=128),
        adc=Adc(bits=said["out_bits"], range="given", high=(said["out_bound"],)),
    )  # fmt: skip
    scale = None if dynamic else said["inp_bound"] / arithmetic.input.top_code
    ours = product(matrix(found["W"], arithmetic, scale), found["X"])
    assert (np.abs(ours - found[result]) > 1e-4).mean() <= (0.02 if dynamic else 0.003)
