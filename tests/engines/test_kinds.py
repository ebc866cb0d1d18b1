"""Kinds are found by looking; two of one name are refused."""

from __future__ import annotations

from types import ModuleType

import pytest

from bitline.engines import engine_kinds
from bitline.engines.crossbar import Crossbar
from bitline.engines.kinds import by_kind
from bitline.errors import ConfigError
from bitline.hardware import Engine


def test_the_five_kinds_are_there_in_order() -> None:
    kinds = list(engine_kinds())
    assert kinds == sorted(kinds)
    assert {"crossbar", "digital_cim", "gpu", "systolic", "vector"} <= set(kinds)
    assert engine_kinds()["crossbar"] is Crossbar


def test_two_engines_of_one_kind_are_an_error() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    for module in (first, second):
        twin = type("Twin", (Engine,), {"kind": "twin", "__module__": module.__name__})
        module.Twin = twin  # type: ignore[attr-defined]
    with pytest.raises(ConfigError, match="second: kind 'twin' is already that of"):
        by_kind([first, second])
