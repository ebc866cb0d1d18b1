"""Bits read and written share a bus and have energies of their own."""

from __future__ import annotations

import pytest

from bitline.engines.traffic import traffic
from bitline.hardware import Use


def test_reads_and_writes_of_one_memory_take_turns_and_are_paid_apart() -> None:
    uses = traffic(("m", 100), (None, 7), ("m", 20), ("n", 1), written=[("m", 30), (None, 9)], efficiency=0.5)
    assert uses == {
        "memory.m": Use(total=120, serial=300),
        "memory.n": Use(total=1, serial=2),
        "memory.m.write": Use(total=30, serial=0),
    }


def test_what_is_only_written_takes_time_but_no_reads() -> None:
    uses = traffic(written=[("m", 8)])
    assert (uses["memory.m"].total, uses["memory.m"].serial) == (0, 8)
    assert uses["memory.m.write"].total == pytest.approx(8)
