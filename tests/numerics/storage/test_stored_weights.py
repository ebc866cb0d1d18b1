"""Matrices on the chip are made of codes as they come out of storage."""

from __future__ import annotations

import pytest
import torch

from bitline.engines.kinds import engine_kinds
from bitline.hardware import (
    Adc,
    Analog,
    Array,
    Cell,
    InputFormat,
    Integer,
    OutlierCode,
    Storage,
    WeightFormat,
    parse_chip_text,
)
from bitline.numerics import program
from bitline.numerics.codes.quantise import weight_codes
from bitline.numerics.storage import stored

FORM = WeightFormat(bits=8, scale="tensor")
INPUT = InputFormat(bits=8)
CODE = OutlierCode(page_values=256)


def analog(storage: Storage) -> Analog:
    return Analog(
        weight=FORM, input=INPUT, cell=Cell(technology="reram", bits=2), array=Array(rows=32, columns=64),
        adc=Adc(bits=None, kind="ideal"), storage=storage,
    )  # fmt: skip


@pytest.mark.parametrize("protection", [None, CODE])
def test_a_matrix_multiplies_by_what_was_read(protection):
    weight = torch.randn(24, 50, generator=torch.Generator().manual_seed(0))
    storage = Storage(flipped_fraction=3e-3, protection=protection)
    codes, scale = weight_codes(weight, FORM)
    read = stored(codes, 8, storage, (1, "layer"))
    assert not torch.equal(read, codes)
    wanted = (read * scale[:, None]).T
    for arithmetic in (Integer(weight=FORM, input=INPUT, storage=storage), analog(storage)):
        found = program(weight, arithmetic, key=(1, "layer")).multiply(torch.eye(50))
        assert torch.allclose(found, wanted, atol=1e-6)


def test_storage_can_be_described():
    text = """
        name: c
        technology: {node_nm: 22}
        engines:
          weights:
            kind: digital_cim
            rows: 128
            columns: 256
            clock_hz: 1.0e+9
            storage: {flipped_fraction: 1.0e-4, protection: {}}
        placement: [{operators: ["*"], engine: weights}]
    """
    engine = parse_chip_text(text, engine_kinds()).engines["weights"]
    assert engine.arithmetic().storage == Storage(flipped_fraction=1e-4, protection=OutlierCode())
