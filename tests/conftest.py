"""Shared fixtures: where the reference facts are, and a fixed profile for property tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("repeatable")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference models, data sets and vectors that stands beside the checkout, if it does."""
    if not SHARED.is_dir():
        pytest.skip("no shared/ folder beside the checkout: reference models and vectors are not at hand")
    return SHARED


_approx = pytest.approx


def relative(expected: Any, rel: float | None = None, abs: float | None = None, **options: Any) -> Any:  # noqa: A002
    """Compare as pytest does, but without the 1e-12 it forgives by default: a read takes a femtojoule."""
    if abs is None and not (isinstance(expected, int | float) and expected == 0):
        rel, abs = 1e-6 if rel is None else rel, 0.0  # noqa: A001
    return _approx(expected, rel=rel, abs=abs, **options)


pytest.approx = relative
