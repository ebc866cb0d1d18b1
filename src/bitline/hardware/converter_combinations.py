"""Which properties of a converter can stand together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from bitline.errors import contradicts, missing, not_one_of, outside, wrong_type
from bitline.hardware.converter import Adc, Transfer
from bitline.hardware.document import Path, Problem, dotted

STRAYING = (
    "gain_spread_fraction", "offset_spread_codes", "inl_codes", "inl_spread_codes", "capacitor_spread_fraction",
    "noise_codes", "transfer", "steps", "low", "high",
)  # fmt: skip
"""Fields that mean nothing where there are no codes."""
MOST_CAPACITORS = 16
"""Bits of a converter whose capacitors differ: float32 signals tell no finer steps apart."""


def converter_problems(path: Path, adc: Adc) -> Iterator[Problem]:
    """Check the range of a converter and what strays in it."""
    given = [name for name in STRAYING if getattr(adc, name)]
    if adc.bits is None and given:
        yield Problem(path=(*path, "bits"), sentence=partial(missing, expected=f"what {given[0]} counts in"))
    elif adc.kind == "ideal" and given:
        yield _clash((*path, given[0]), (*path, "kind"), "an ideal converter has no codes")
    yield from _range_problems(path, adc)
    if adc.capacitor_spread_fraction:
        yield from _capacitor_problems(path, adc)
    if adc.transfer is not None:
        yield from _transfer_problems((*path, "transfer"), adc.transfer, adc)


def entries_problems(path: Path, adc: Adc, slices: int) -> Iterator[Problem]:
    """Check that a given range has one entry, or one for each slice of a weight."""
    for name in ("low", "high"):
        entries = getattr(adc, name)
        if len(entries) > 1 and len(entries) != slices:
            yield _wrong((*path, name), entries, f"one number, or one for each of {slices} slices of a weight")


def _range_problems(path: Path, adc: Adc) -> Iterator[Problem]:
    if adc.range != "given":
        for name in ("low", "high"):
            if getattr(adc, name):
                sentence = partial(not_one_of, value=adc.range, allowed=["given"])
                yield Problem(path=(*path, "range"), sentence=sentence)
        return
    if not adc.high:
        yield Problem(path=(*path, "high"), sentence=partial(missing, expected="the upper end of the given range"))
    elif adc.low and len(adc.low) != len(adc.high):
        yield _wrong((*path, "low"), adc.low, f"as many numbers as {dotted((*path, 'high'))}: {len(adc.high)}")
    elif any(low >= high for low, high in zip(adc.low or (0.0,) * len(adc.high), adc.high, strict=True)):
        yield _wrong((*path, "high"), adc.high, "above the lower end of the range")
    elif adc.steps == "symmetric" and any(low != -high for low, high in zip(adc.low, adc.high, strict=False)):
        yield _clash((*path, "low"), (*path, "steps"), "a symmetric range reaches as far below zero as above")


def _capacitor_problems(path: Path, adc: Adc) -> Iterator[Problem]:
    place = (*path, "capacitor_spread_fraction")
    if adc.kind != "sar":
        yield _clash(place, (*path, "kind"), "only successive approximation decides with capacitors")
    if adc.steps == "overflow":
        yield _clash(place, (*path, "steps"), "capacitors have no code beyond their bits")
    if adc.bits is not None and not 2 <= adc.bits <= MOST_CAPACITORS:
        sentence = partial(outside, value=adc.bits, low=2, high=MOST_CAPACITORS, unit="bits")
        yield Problem(path=(*path, "bits"), sentence=sentence)


def _transfer_problems(path: Path, transfer: Transfer, adc: Adc) -> Iterator[Problem]:
    edges, outputs = transfer.threshold_codes, transfer.output_codes
    if not edges:
        yield Problem(path=(*path, "threshold_codes"), sentence=partial(missing, expected="at least one threshold"))
    elif any(before >= after for before, after in pairwise(edges)):
        yield _wrong((*path, "threshold_codes"), edges, "rising")
    elif outputs and len(outputs) != len(edges):
        yield _wrong((*path, "output_codes"), outputs, f"one number for each of {len(edges)} thresholds")
    elif adc.bits is not None and len(edges) >= 2**adc.bits:
        yield _wrong((*path, "threshold_codes"), edges, f"at most {2**adc.bits - 1} numbers, for {adc.bits} bits")


def _wrong(path: Path, value: object, expected: str) -> Problem:
    return Problem(path=path, sentence=partial(wrong_type, value=value, expected=expected))


def _clash(path: Path, other: Path, why: str) -> Problem:
    return Problem(path=path, sentence=partial(contradicts, other=dotted(other), why=why))
