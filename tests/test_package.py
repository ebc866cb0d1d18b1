"""The package's table of contents."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import bitline


def test_lists_for_type_checkers_what_it_loads():
    tree = ast.parse(Path(bitline.__file__).read_text())
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {one.asname: node.module for node in checked.body for one in node.names}  # type: ignore[attr-defined]
    assert typed == bitline._WHERE


@pytest.mark.parametrize("name", sorted(bitline._WHERE))
def test_every_name_is_there(name):
    assert getattr(bitline, name) is getattr(importlib.import_module(bitline._WHERE[name]), name)
    assert name in dir(bitline)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'bitline' has no attribute 'estimat'"):
        _ = bitline.estimat


def test_importing_it_imports_nothing_else():
    program = "import sys, bitline; print([n for n in ('numpy', 'torch', 'rich', 'pydantic') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "bitline", "--help"], capture_output=True, text=True, check=True)
    assert "estimate" in done.stdout
