"""The Triton kernel through its interpreter, against plain torch, bit for bit, on small shapes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
import torch

from bitline.hardware import InputFormat
from bitline.numerics.plans.fused import Converter, pulse_fields

if find_spec("triton") is None:
    pytest.skip("triton is not installed: pip install bitline[triton]", allow_module_level=True)
# Triton reads it when its own functions are defined.
os.environ["TRITON_INTERPRET"] = "1"
from bitline.numerics.plans.triton_kernel import Cells, totals

FORMS = [
    InputFormat(bits=4), InputFormat(bits=5, signed="sign_split", bits_per_pulse=2),
    InputFormat(bits=8, signed="offset", bits_per_pulse=8), InputFormat(bits=6, signed="bipolar", bits_per_pulse=3),
]  # fmt: skip


def by_torch(codes, cells, form, converter):
    levels = sum(plane.int() << (8 * place) for place, plane in enumerate(cells.planes))
    total = torch.zeros(len(codes), levels.shape[1], dtype=torch.int32)
    wide = codes.int()
    for part, added, shift, mask, weight in pulse_fields(form):
        values = {0: wide + added, 1: wide.clamp(min=0), 2: (-wide).clamp(min=0), 3: wide.abs()}[part]
        digits = ((values >> shift) & mask) * (wide.sign() if part == 3 else 1)
        for block, start in enumerate(range(0, len(levels), cells.height)):
            rows = slice(start, start + cells.height)
            sums = (digits[:, rows].double() @ levels[rows].double()).float()
            seen = sums.mul_(converter.factor).add_(converter.offset[block]).round_()
            total += weight * seen.clamp_(converter.low, converter.high).int()
    return total


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.signed)
@pytest.mark.parametrize("planes", [1, 2])
def test_the_kernel_equals_torch_bit_for_bit(form, planes):
    draw = torch.Generator().manual_seed(planes)
    codes = torch.randint(-form.top_code, form.top_code + 1, (35, 100), generator=draw, dtype=torch.int8)
    stored = [torch.randint(-128, 128, (100, 70), generator=draw, dtype=torch.int8) for _ in range(planes)]
    cells = Cells(planes=tuple(stored), height=40)
    offset = torch.randn(3, 70, generator=draw)
    converter = Converter(factor=0.5 if planes == 1 else 0.0013, offset=offset, low=-100.0, high=120.0)
    if planes == 1:
        offset.zero_()  # many sums then lie halfway between two codes
    assert torch.equal(totals(codes, cells, form, converter), by_torch(codes, cells, form, converter))


def test_what_does_not_fit_is_refused():
    cells = Cells(planes=(torch.ones(4, 4, dtype=torch.int8),), height=4)
    codes = torch.ones(2, 4, dtype=torch.int32)
    wide = InputFormat(bits=12, bits_per_pulse=12, signed="offset")
    with pytest.raises(ValueError, match="digits of up to 8 bits"):
        totals(codes, cells, wide, Converter(factor=1.0, low=0.0, high=255.0))
    with pytest.raises(ValueError, match="converters of up to 22 bits"):
        totals(codes, cells, InputFormat(), Converter(factor=1.0, low=0.0, high=2.0**23))


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from bitline.hardware import InputFormat
from bitline.numerics.plans.fused import pulse_fields
from bitline.numerics.plans.triton_kernel import _exact

kinds = ["*i8", "*i8", "*i8", "*i32", "*fp32", "*i32"] + ["i32"] * 5 + ["constexpr"] * 6
for form in (InputFormat(), InputFormat(signed="bipolar", bits_per_pulse=7)):
    values = (pulse_fields(form), 2, 0, 32, 64, 64)
    fixed = {(11 + at,): value for at, value in enumerate(values)}
    source = triton.compiler.ASTSource(_exact, dict(zip(_exact.arg_names, kinds)), fixed)
    made = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"enable_fp_fusion": False})
    print("mma.sync" in made.asm["ptx"], "fma.rn.f32" in made.asm["ptx"])
"""


@pytest.mark.slow
def test_the_kernel_compiles_for_a_gpu_to_integer_products_and_separate_roundings():
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run([sys.executable, "-c", COMPILE], capture_output=True, text=True, env=environment)
    assert done.stdout.split() == ["True", "False"] * 2, done.stderr
