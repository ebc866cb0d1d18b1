"""Which fields of a description decide results, and their values; those that only cost are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from bitline.hardware.arithmetic import Arithmetic
from bitline.hardware.array import Array, InputFormat
from bitline.hardware.cell import Cell, Write
from bitline.hardware.converter import Adc

Value: TypeAlias = bool | int | float | str | list["Value"] | None

COST_ONLY: Mapping[type, frozenset[str]] = {
    InputFormat: frozenset({"coding"}),
    Adc: frozenset({"rate_hz", "effective_bits", "survey", "energy_per_conversion_j", "area_m2", "leakage_w"}),
    Array: frozenset({"read_s", "area_m2"}),
    Cell: frozenset({"technology", "read_energy_j", "area_f2", "endurance_writes", "volatile"}),
    Write: frozenset({"pulse_s", "pulses", "verify_s", "voltage_v", "energy_j", "parallel_cells"}),
}
"""What costs time, energy, area or life, and nothing else."""


def deciding_fields(arithmetic: Arithmetic) -> dict[str, Value]:
    """Give the fields that decide results by dotted path, with values that JSON keeps to the bit."""
    return {"arithmetic": type(arithmetic).__name__, **dict(_fields(arithmetic, ""))}


def _fields(block: Any, path: str) -> Iterator[tuple[str, Value]]:
    for field in fields(block):
        if field.name in COST_ONLY.get(type(block), ()):
            continue
        place, value = f"{path}{field.name}", getattr(block, field.name)
        if is_dataclass(value):
            yield from _fields(value, f"{place}.")
        elif isinstance(value, tuple) and any(map(is_dataclass, value)):
            for index, one in enumerate(value):
                yield from _fields(one, f"{place}.{index}.")
        else:
            yield place, [*value] if isinstance(value, tuple) else value
