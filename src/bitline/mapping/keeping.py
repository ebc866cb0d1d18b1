"""Engines that keep keys and values on their own units from step to step."""

from __future__ import annotations

from functools import lru_cache

from bitline.hardware.engine import Engine
from bitline.mapping.identity import Same
from bitline.operators import Gather

NEW_KEYS = Gather(name="kv_write", role="kv_write", elements=1)


def keeps_cache(engine: Engine) -> bool:
    """Say whether keys and values stay: the engine has units, and takes new ones up as they come."""
    return _keeps(Same(engine))


@lru_cache(maxsize=256)
def _keeps(engine: Same[Engine]) -> bool:
    return engine.value.units > 0 and engine.value.runs(NEW_KEYS)
