"""Vectors of other simulators, as far as their conventions can be said in a description."""

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


def matrix(weight: np.ndarray, arithmetic: Analog, input_scale: float) -> Matrix:
    made = program(torch.from_numpy(weight).float(), arithmetic, key=(0,), plan="exact")
    made.calibrate(Calibration(input_scale, None, None))
    return made


def test_bit_serial_offset_arrays_of_neurosim(shared):
    """Its converter has one code more than its bits allow, which these sums never need."""
    found, said = vectors(shared, "neurosim_w8c1_in8_adc7_rows128")
    arithmetic = Analog(
        weight=WeightFormat(bits=said["weight_bits"], scale="tensor"),
        input=InputFormat(bits=said["input_bits"], signed="offset", range="static"),
        cell=Cell(technology="sram", bits=said["bits_per_cell"]),
        array=Array(rows=said["rows_parallel"], columns=128),
        adc=Adc(bits=said["adc_bits"], range="unit"),
    )
    ours = matrix(found["W_int"].T, arithmetic, 1.0).multiply(torch.from_numpy(found["X_int"]).float())
    np.testing.assert_allclose(ours.numpy(), found["Y"], rtol=0, atol=0.5)
    clipped = dataclasses.replace(arithmetic, adc=Adc(bits=5, range="unit"))
    ours = matrix(found["W_int"].T, clipped, 1.0).multiply(torch.from_numpy(found["X_int"]).float())
    assert np.abs(ours.numpy() - found["Y"]).max() > 100


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("slice_w8s4_in8_adc6_balanced", "differential"),
        ("slice_w8s2_in8signed_adc8_balanced", "differential"),
        ("slice_w8s4_in8_adc7_offset_onoff30", "offset"),
    ],
)
def test_sliced_products_of_crosssim_without_a_converter(shared, name, encoding):
    """Unsigned inputs of 8 bits are sent as the positive half of 9; its converters have no code at zero."""
    found, said = vectors(shared, name)
    bits = said["input_bits"] + (0 if said["inputs_signed"] else 1)
    arithmetic = Analog(
        weight=WeightFormat(bits=said["weight_bits"], encoding=encoding, scale="tensor"),
        input=InputFormat(bits=bits, signed="sign_split", range="static"),
        cell=Cell(technology="reram", bits=said["bits_per_slice"], on_off_ratio=said["on_off_ratio"]),
        array=Array(rows=found["W"].shape[1], columns=128),
        adc=Adc(),
    )
    ours = matrix(found["W"], arithmetic, 1 / (2 ** (bits - 1) - 1)).multiply(torch.from_numpy(found["X"].T).float())
    np.testing.assert_allclose(ours.numpy().T, found["Y_full_precision_adc"], rtol=0, atol=1e-6)
