"""The shape of the tree: small files, short functions, names that say what a thing is, floats that say their unit."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[1] / "src" / "bitline"
FILES = sorted(TREE.rglob("*.py"))
MOST_LINES, MEDIAN_LINES, MOST_FUNCTION_LINES, MOST_ARGUMENTS = 400, 150, 60, 7
LEFTOVERS = ("util", "helper", "manager", "common", "misc", "handler", "base", "tools")
UNITS = (
    "_s", "_j", "_w", "_m", "_m2", "_hz", "_v", "_a", "_k", "_ohm", "_siemens", "_farad", "_bits", "_bytes",
    "_bytes_per_s", "_macs_per_s", "_operations_per_s", "_ops_per_s", "_ops_per_j", "_per_bit_j", "_cycles",
    "_fraction", "_codes",
    "_nm", "_f2", "_ev",
)  # fmt: skip
FLOATS = {"float", "Positive", "NonNegative", "Fraction"}
COUNTS = {
    "on_off_ratio": "conductance over conductance",
    "pulses": "a mean number of pulses",
    "hops": "a mean number of hops",
    "endurance_writes": "a number of writes",
    "seconds": "the unit is the name",
    "exponent": "a power",
    "scale": "in the unit of a law's argument",
    "below": "in the unit of a law's argument",
    "within_sigmas": "a number of standard deviations",
    "clip_sigmas": "a number of standard deviations",
    "percentile": "of a hundred",
    "full_scale": "in the unit of the model's weights",
    "typical": "a figure's unit is in the name of the field that holds it",
    "low": "a figure's unit is in the name of the field that holds it",
    "high": "a figure's unit is in the name of the field that holds it",
}
"""Numbers without a unit, and why."""


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """All of a file that stands for something by itself, the file first."""
    return tuple(node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.stmt | ast.Module))


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in nodes(file) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def floats(node: ast.expr | None) -> bool:
    """Whether an annotation is a float, or one that may be absent."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and node.right.value is None:
        return floats(node.left)
    return isinstance(node, ast.Name) and node.id in FLOATS


def test_files_are_short():
    lines = {file: len(file.read_text().splitlines()) for file in FILES}
    assert {str(file.relative_to(TREE)): n for file, n in lines.items() if n > MOST_LINES} == {}
    assert statistics.median(lines.values()) <= MEDIAN_LINES


def test_functions_are_short():
    long = {
        f"{file.relative_to(TREE)}:{one.name}": one.end_lineno - one.lineno + 1
        for file in FILES
        for one in functions(file)
        if one.end_lineno - one.lineno + 1 > MOST_FUNCTION_LINES
    }
    assert long == {}


def test_nothing_is_called_a_leftover():
    names = [part for file in FILES for part in file.relative_to(TREE).with_suffix("").parts]
    names += [node.name for file in FILES for node in nodes(file) if isinstance(node, ast.ClassDef)]
    words = {name: name.lower().strip("_").split("_") for name in names}
    assert [
        name for name, parts in words.items() if {p.rstrip("s") for p in parts} & {w.rstrip("s") for w in LEFTOVERS}
    ] == []


def test_pydantic_stays_at_the_door():
    using = [file for file in FILES if "pydantic" in file.read_text() and file.name != "schema.py"]
    assert [str(file.relative_to(TREE)) for file in using if "import pydantic" in file.read_text()] == []
    assert [str(file.relative_to(TREE)) for file in using if "from pydantic" in file.read_text()] == []


@pytest.mark.parametrize("room", ["hardware", "engines"])
def test_every_float_field_says_its_unit(room):
    silent = [
        f"{file.name}: {node.target.id}"
        for file in sorted((TREE / room).rglob("*.py"))
        for block in nodes(file)
        if isinstance(block, ast.ClassDef)
        for node in block.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and floats(node.annotation)
        if not node.target.id.endswith(UNITS) and node.target.id not in COUNTS
    ]
    assert silent == []


def test_packages_only_list_what_they_offer():
    busy = {}
    for file in FILES:
        if file.name != "__init__.py" or file.parent == TREE:
            continue
        body = ast.parse(file.read_text()).body
        kinds = [node for node in body[1:] if not isinstance(node, ast.ImportFrom)]
        renamed = [
            a.name for node in body if isinstance(node, ast.ImportFrom) for a in node.names if a.name != a.asname
        ]
        if kinds or renamed or not isinstance(body[0], ast.Expr):
            busy[str(file.relative_to(TREE))] = [ast.unparse(node)[:60] for node in kinds] + renamed
    assert busy == {}
