"""Equations of the built documentation are drawn without a network."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest

CONF = Path(__file__).resolve().parents[2] / "docs" / "conf.py"


def test_what_draws_equations_is_part_of_the_pages():
    pytest.importorskip("sphinx")
    (listed,) = (
        node.value
        for node in ast.parse(CONF.read_text()).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "extensions"
    )
    offline = [name for name in ast.literal_eval(listed) if "mathjax" in name and "offline" in name]
    assert offline, "sphinx.ext.mathjax alone fetches MathJax from a server"
    app = SimpleNamespace(config=SimpleNamespace(mathjax_path=""), connect=lambda *_: None)
    importlib.import_module(offline[0]).setup(app)
    assert app.config.mathjax_path
    assert "//" not in app.config.mathjax_path
