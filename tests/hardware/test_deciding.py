"""What decides results, told apart from what only costs."""

from __future__ import annotations

import dataclasses
import json

from bitline.hardware import Adc, Analog, Array, Cell, Course, InputFormat, Law, Piece, Snapshot, Spread, WeightFormat
from bitline.hardware.deciding import COST_ONLY, deciding_fields


def analog(**changes):
    parts = {
        "weight": WeightFormat(), "input": InputFormat(), "cell": Cell(technology="pcm"),
        "array": Array(rows=8, columns=8), "adc": Adc(bits=4, low=(0.1, 0.3)),
    }  # fmt: skip
    return Analog(**{**parts, **changes})


def test_every_cost_is_a_field():
    for block, names in COST_ONLY.items():
        assert names <= {field.name for field in dataclasses.fields(block)}


def test_fields_are_told_by_their_path_and_come_back_from_json():
    line = Course(at=(Snapshot(seconds=1.0, law=Law(pieces=(Piece(coefficients=(0.1, 0.7)),))),))
    found = deciding_fields(analog(cell=Cell(technology="pcm", programming_noise=Spread(course=line))))
    assert found["arithmetic"] == "Analog"
    assert found["adc.low"] == [0.1, 0.3]
    assert found["cell.programming_noise.course.at.0.law.pieces.0.coefficients"] == [0.1, 0.7]
    assert "adc.rate_hz" not in found
    assert json.loads(json.dumps(found)) == found


def test_costs_change_nothing():
    cheap = analog(adc=Adc(bits=4, low=(0.1, 0.3), rate_hz=1e6), cell=Cell(technology="reram", area_f2=4.0))
    assert deciding_fields(cheap) == deciding_fields(analog())
    assert deciding_fields(analog(adc=Adc(bits=5))) != deciding_fields(analog())
