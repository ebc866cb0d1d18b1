"""The page on converters: tables hold what the fit and the model hold, the snippet is read, the picture is our own."""

from __future__ import annotations

import math
import re
import sys
from pathlib import Path

import pytest

from bitline.costs import adc, adc_survey
from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Technology
from bitline.hardware.document import Document
from bitline.hardware.reading import parse_chip
from bitline.hardware.yaml import parse_yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "costs" / "adc.md").read_text()
PICTURES = ROOT / "docs" / "images" / "costs"


def fitted_rows(quantity: str) -> list[list[str]]:
    """The rows of the table of a quantity, without their first cell."""
    _, table = PAGE.split(f"| {quantity} of |")
    lines = table.split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def numbers(cell: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", cell)]


@pytest.mark.parametrize(
    ("quantity", "kept", "unit", "sets"),
    [("energy", "energy_j", 1e12, ("sar", "sar-nyquist", "nyquist")), ("area", "area_m2", 1e12, ("sar",))],
)
def test_tables_hold_what_was_fitted(quantity, kept, unit, sets):
    laws = [law for name in sets for law in adc_survey.table()[kept][name]["quantiles"].items()]
    rows = fitted_rows(quantity)
    assert len(rows) == len(laws)
    for (_, quantile, at, per_bit, node, *rest), (percent, law) in zip(rows, laws, strict=True):
        assert numbers(quantile) == [float(percent)]
        spread = law["bootstrap"]
        assert numbers(at) == pytest.approx([law["at_reference"] * unit, 100 * spread["ln_at_reference"]], rel=0.02)
        assert numbers(per_bit) == pytest.approx([law["per_bit"]], abs=0.006)
        assert numbers(node) == pytest.approx([law["node_exponent"], spread["node_exponent"]], abs=0.006)
        if quantity == "energy":
            assert numbers(rest[0]) == pytest.approx([law["rate_exponent"], spread["rate_exponent"]], abs=0.006)
        held_out, residuals = rest[-2:]
        assert numbers(held_out) == pytest.approx([100 * law["held_out_below"]], abs=0.51)
        found = [math.exp(law["log_residuals"][one]) for one in ("5", "50", "95")]
        assert numbers(residuals) == pytest.approx(found, rel=0.05)


def test_sets_say_how_many_chips_they_have():
    chips = adc_survey.table()
    for text, count in (
        ("{} SAR chips | 10 %", chips["energy_j"]["sar"]["chips"]),
        ("{} of them", chips["energy_j"]["sar-nyquist"]["chips"]),
        ("{} of any kind", chips["energy_j"]["nyquist"]["chips"]),
        ("{} SAR chips of one converter", chips["area_m2"]["sar"]["chips"]),
        ("all {} SAR chips", chips["area_m2"]["sar-interleaved-too"]["chips"]),
    ):
        assert text.format(count) in PAGE


def test_typical_values_are_those_of_the_model():
    _, table = PAGE.split("| pJ | 1 bit")
    for line in table.split("\n\n")[0].splitlines()[2:]:
        kind, *cells = [cell.strip(" `") for cell in line.strip("|").split("|")]
        for bits, cell in zip((1, 2, 3, 4, 6, 8), cells, strict=True):
            figure = adc.conversion_energy(Adc(kind=kind, bits=bits, per_array=128), Technology(node_nm=28))
            assert float(cell) * 1e-12 == pytest.approx(figure.typical, rel=0.01)


def test_the_snippet_is_read():
    (snippet,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    engine = {"kind": "crossbar", "cell": {"technology": "reram"}, "array": {"rows": 128, "columns": 128}}
    engine |= {"weight": {}, "input": {}} | dict(parse_yaml(snippet, "snippet", "YAML").tree)
    placement = [{"operators": ["*"], "engine": "one"}]
    tree = {"name": "one", "technology": {"node_nm": 22}, "engines": {"one": engine}, "placement": placement}
    assert parse_chip(Document(tree=tree), engine_kinds()).engines["one"].adc.survey == "best"


def test_the_pictures_are_drawn_again_to_the_byte(pictures, monkeypatch, shared, tmp_path):
    survey = shared / "data" / "adc_survey" / "adc_survey_1997_2025.csv"
    drawing = pictures("draw_adc")
    for folder in ("one", "two"):
        monkeypatch.setattr(sys, "argv", ["draw_adc.py", str(survey), "--into", str(tmp_path / folder)])
        drawing.main()
    for name in ("adc.svg", "adc-kinds.svg"):
        assert f"../images/costs/{name}" in PAGE
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert (PICTURES / name).stat().st_size < 60_000
