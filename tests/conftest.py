"""Shared fixtures: where the reference facts are, and a fixed profile for property tests."""

from __future__ import annotations

from pathlib import Path

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
