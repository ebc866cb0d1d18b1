"""The vectors a matrix learns from: some that ranges are fitted to, others that errors are measured on."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import rows as pieces
from bitline.numerics.devices import Age
from bitline.numerics.examples import Examples
from bitline.numerics.matrix import Matrix, program

WINDOW = 64


def analog(bits: int) -> Analog:
    return Analog(
        weight=WeightFormat(bits=8, encoding="differential"),
        input=InputFormat(bits=8, bits_per_pulse=7, signed="bipolar"),
        cell=Cell(technology="pcm", bits=7, programming_noise=Spread(sigma_fraction=0.02)),
        array=Array(rows=128, columns=128),
        adc=Adc(bits=bits, range="calibrated"),
    )


def programmed(bits: int, plan: str) -> Matrix:
    weight = torch.randn(48, 96, generator=torch.Generator().manual_seed(1))
    return program(weight, analog(bits), key=(0, "w"), plan=plan)


@given(rows=st.integers(1, 3000))
def test_others_are_vectors_that_were_not_kept(rows: int):
    examples = Examples(others=True)
    x = torch.arange(rows, dtype=torch.float32)[:, None]
    examples.add(x)
    kept, others = torch.cat(examples.kept).flatten(), torch.cat(examples.others).flatten()
    assert not set(kept.tolist()) & set(others.tolist())
    assert len(others) == len(set(others.tolist())) <= 128
    assert len(others) > 100 or len(kept) + len(others) == rows
    if not len(others):
        assert examples.checks().flatten().tolist() == kept.tolist()


def test_others_come_from_every_place_of_a_text():
    examples = Examples(others=True)
    examples.add((torch.arange(2048) % WINDOW).to(torch.float32)[:, None])
    assert len(torch.cat(examples.kept).unique()) == 4
    places = torch.cat(examples.others).to(torch.int64).flatten().bincount(minlength=WINDOW)
    assert places[::16].tolist() <= [4] * 4
    assert int((places > 0).sum()) > 40


def test_nothing_is_kept_twice_where_nobody_asks():
    examples = Examples()
    examples.add(torch.randn(500, 3))
    assert examples.others is None
    assert torch.equal(examples.checks(), torch.cat(examples.kept))


def test_clipping_of_what_ranges_were_not_fitted_to_is_told():
    """Largest sums of examples span the range, so that examples show no clipping; one vector in hundreds does."""
    draw = torch.Generator().manual_seed(2)
    weight = torch.randn(48, 96, generator=torch.Generator().manual_seed(1))
    # Few vectors follow the weights of a column, each as much as it likes.
    strength = torch.randn(1 << 14, 48, generator=draw) ** 5 / 5.0
    x = torch.randn(1 << 14, 96, generator=draw) + strength @ weight
    seen, fresh = x[: 1 << 13], x[1 << 13 :]
    found = {}
    for name, matrix in {
        "exact": programmed(14, "exact"), "statistical": programmed(14, "statistical"), "free": _without_converter()
    }.items():  # fmt: skip
        for part in seen.chunk(8):
            matrix.observe(part)
        matrix.settle()
        found[name] = matrix.multiply(fresh)
    error = {name: float((y - found["free"]).square().mean()) for name, y in found.items()}
    assert 0.4 < error["statistical"] / error["exact"] < 2.5


@pytest.mark.parametrize("plan", ["statistical", "fold"])
def test_weights_are_worked_out_once_for_each_change(monkeypatch, plan):
    calls = []
    work = "effective" if plan == "statistical" else "effective_in_turn"
    real = getattr(pieces, work)
    monkeypatch.setattr(pieces, work, lambda *given: calls.append(1) or real(*given))
    matrix = programmed(14, plan) if plan == "statistical" else _without_converter()
    matrix.observe(torch.randn(300, 96, generator=torch.Generator().manual_seed(3)))
    assert len(calls) == 1
    matrix.settle()
    assert len(calls) == (2 if plan == "statistical" else 1)
    matrix.grow(Age(seconds=100.0))
    assert len(calls) == (3 if plan == "statistical" else 2)


def _without_converter() -> Matrix:
    weight = torch.randn(48, 96, generator=torch.Generator().manual_seed(1))
    return program(weight, replace(analog(8), adc=Adc()), key=(0, "w"), plan="fold")


def test_growing_keeps_what_was_learnt():
    """As when the calibration is put on afterwards."""
    x = torch.randn(300, 96, generator=torch.Generator().manual_seed(3))
    first, second = programmed(7, "statistical"), programmed(7, "statistical")
    first.observe(x)
    first.settle()
    first.grow(Age(seconds=100.0))
    assert first.calibration is not None
    second.grow(Age(seconds=100.0))
    second.calibrate(first.calibration)
    assert torch.equal(first.multiply(x), second.multiply(x))
