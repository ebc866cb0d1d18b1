"""An engine that takes no time, so that only the others count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

from bitline.hardware import Floating
from bitline.hardware.engine import Engine, Part, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant(Engine):
    kind: ClassVar[str] = "instant"
    units: int = 0
    resident: bool = False
    memory: str | None = None

    def runs(self, operator):
        return operator.role != "kv_write"

    def claim(self, operator):
        return 1

    def work(self, operator, copies=1):
        return Work(stream={})

    def rewrite(self, operator):
        return Work(stream={})

    def parts(self, chip):
        return (Part(name="nothing"),)

    def arithmetic(self):
        return Floating()

    def peak_macs_per_s(self, chip):
        return 0.0


@pytest.fixture
def instant():
    """One engine that runs everything in no time."""
    return Instant()
