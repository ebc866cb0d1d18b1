"""The programs that write tables and draw pictures of the documentation."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Load a program of tools/ by its name; it and what it is made of are forgotten again."""
    monkeypatch.syspath_prepend(str(TOOLS))
    yield importlib.import_module
    ours = {file.stem for file in TOOLS.iterdir()}
    for name in [one for one in sys.modules if one.split(".")[0] in ours]:
        del sys.modules[name]


@pytest.fixture
def pictures(tools: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """The same for a program that draws."""
    pytest.importorskip("matplotlib", reason="matplotlib is needed to draw: pip install 'bitline[docs]'")
    return tools
