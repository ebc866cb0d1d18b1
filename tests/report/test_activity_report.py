"""Energy with measured activity beside the default: in the table, the page and JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bitline.hardware import Activity
from bitline.numerics.activity import ConverterActivity, MatrixActivity
from bitline.report import table, to_json
from bitline.report.activity_grids import by_matrix, by_role, energy
from bitline.report.headlines import headlines
from bitline.report.page import page
from bitline.report.plots.sums import histograms
from bitline.report.sections import sections
from bitline.verbs.activity import MatrixUse
from bitline.verbs.estimate import estimate
from bitline.verbs.evaluate import Accuracy, Likelihood
from bitline.verbs.run import Measured, Run
from bitline.workload import model_from_config

HOSTILE = "</script><script>alert(1)</script>"


def use(name: str, role: str, vectors: int, ones: float, converter: ConverterActivity | None) -> MatrixUse:
    found = MatrixActivity(
        vectors=vectors, sampled=2, shape=(10, 4), bit_fractions=(ones, ones), mean_bits=3.0, zero_fraction=0.25,
        drive_fraction=ones, toggle_fraction=0.4, reads=(7, 9), cell_fractions=(0.5,) if converter else (),
        driven_cell_fraction=0.5, converter=converter,
    )  # fmt: skip
    return MatrixUse(name=name, roles=(role,), engine="weights", activity=found)


def met(histogram: tuple[int, ...], clipped: float) -> ConverterActivity:
    return ConverterActivity(
        low=0.0, high=15.0, histogram=histogram, clipped_low_fraction=0.0, clipped_high_fraction=clipped
    )


USES = (
    use("a", "q", 100, 0.2, met((10, 30, 0, 0), 0.0)), use("b", "q", 300, 0.4, met((0, 10, 10, 40), 0.1)),
    use(HOSTILE, "digital", 5, 0.5, None),
)  # fmt: skip


@pytest.fixture
def result(cost) -> Run:
    tiny = {
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
        "num_attention_heads": 2, "vocab_size": 96, "max_position_embeddings": 64,
    }  # fmt: skip
    same = model_from_config(tiny, "tiny")
    halved = {"weights": Activity(drive_fraction=0.25)}
    likelihood = Likelihood(nats_per_token=1.2, top1_fraction=0.6, tokens=10)
    measured = Measured(
        seeds=(0,), text="t", floor_nats_per_token=None, on_chip=(), digital=(), stored_bytes=1, uncalibrated=(),
        accuracies=(
            Accuracy(on_chip=likelihood, digital=likelihood, agreement_fraction=1.0, divergence_nats_per_token=0.0),
        ),
        activity=USES,
    )  # fmt: skip
    in_use = estimate(same, cost.description, cost.request, activity=halved)
    return Run(estimate=cost, measured=measured, in_use=in_use, warnings=())


def test_both_energies_stand_beside_each_other(result):
    rows = {row[0]: row for row in energy(result.estimate, result.in_use).rows}
    assert set(rows) == {"weights.cells", "weights.dac", "all"}
    assert rows["weights.cells"][3] == rows["weights.dac"][3] == "−50%"
    (same,) = energy(result.estimate, result.estimate).rows
    assert (same[0], same[3]) == ("all", "0.0%")
    (card,) = (one for one in headlines(result) if one.name == "energy, measured activity")
    assert "against uniform data" in card.note
    text = table(result)
    assert "Energy with measured activity" in text
    assert max(map(len, text.splitlines())) <= 100


def test_roles_average_their_matrices_by_inputs(result):
    rows = {row[0]: row for row in by_role(USES).rows}
    assert rows["q"][2] == "2"
    assert rows["q"][3] == "35%"  # (100 * 0.2 + 300 * 0.4) / 400
    assert rows["q"][8] == "7.5%"  # 300 of 400 inputs clip a tenth
    assert rows["q"][9] == "9"
    assert rows["digital"][7:9] == ("", "")
    assert [row[0] for row in by_matrix(USES).rows] == ["a", "b", HOSTILE]


def test_the_plot_adds_up_roles_and_leaves_out_what_has_no_converter():
    (line,) = histograms(USES).traces
    assert line["name"] == "q"
    assert line["y"] == [10 / 100, 40 / 100, 10 / 100, 40 / 100]
    assert line["x"] == [12.5, 37.5, 62.5, 87.5]
    assert histograms(USES[2:]) is None


def test_page_has_the_section_only_where_it_was_measured(result):
    titles = [section.title for section in sections(result)]
    assert titles[3:5] == ["Energy with measured activity", "Data of every matrix"]
    plain = replace(result, in_use=None)
    assert "Energy with measured activity" not in [section.title for section in sections(plain)]
    assert "measured activity" not in table(plain)
    assert "<script>alert" not in page(result)


def test_json_has_both(result):
    told = json.loads(to_json(result))
    assert told["in_use"]["activity"]["weights"]["drive_fraction"] == 0.25
    assert told["in_use"]["energy_j"] < told["estimate"]["energy_j"]
    cells = {part["name"]: part["energy_j"] for part in told["estimate"]["components"]}["weights.cells"]
    assert told["in_use"]["components_energy_j"]["weights.cells"] == pytest.approx(cells / 2)
    assert told["accuracy"]["activity"][1]["activity"]["converter"]["histogram"] == [0, 10, 10, 40]
    assert json.loads(to_json(result.estimate))["in_use"] is None
