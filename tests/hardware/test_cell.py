"""What a cell may say of itself, and the tables it may name."""

from __future__ import annotations

import math

import pytest

from bitline.errors import ConfigError, DataError
from bitline.hardware import Cell, DeviceTable, Spread, Temperature, Write, mean_pulses, read_device_table
from bitline.hardware.drift import conductance_factor, effective_seconds
from bitline.hardware.reading import parse_chip_text, read_chip
from bitline.hardware.table import curves_around
from bitline.hardware.writing import to_yaml

LAW = "{pieces: [{coefficients: [0.1]}]}"
IN_SIEMENS = "{pieces: [{coefficients: [0.1]}], value_siemens: 1e-6}"


def chip_with(chip_text, cell):
    return chip_text.replace("{technology: reram, bits: 2}", "{technology: reram, bits: 2, " + cell + "}")


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (f"programming_noise: {{sigma_fraction: 0.1, law: {LAW}}}",
         "programming_noise.law contradicts .*programming_noise.sigma_fraction: both say how large the error is"),
        (f"programming_noise: {{law: {IN_SIEMENS}}}", "cell.g_max_siemens is missing. Expected: the conductance of"),
        ("drift: {logarithmic: {mean_per_ln_siemens: -1e-8}}", "cell.g_max_siemens is missing"),
        ("programming_noise: {sigma_fraction: 0.1, replays: 4}", "replays = 4 is not a property of programming"),
        ("programming_noise: {sigma_fraction: 0.1, law_of: programmed}", "law_of = 'programmed' is not a choice"),
        ("programming_noise: {states_fraction: [0.1, 0.2]}", "is not one number for each of 4 states"),
        (f"read_noise: {{course: {{at: [{{seconds: 1, law: {LAW}}}]}}, flicker: {{read_s: 1e-6}}}}",
         "flicker contradicts .*course"),
        (f"programming_noise: {{course: {{at: [{{seconds: 1, law: {LAW}}}, {{seconds: 1, law: {LAW}}}]}}}}",
         "seconds = 1.0 is not more than the 1 s before it"),
        (f"programming_noise: {{course: {{at: [{{seconds: 1, law: {LAW}}}, "
         "{seconds: 2, law: {pieces: [{of: ln, coefficients: [0.1]}]}}]}}",
         "is not a law of the same form and units"),
        ("programming_noise: {course: {at: []}}", "course.at is missing"),
        ("programming_noise: {law: {pieces: []}}", "law.pieces is missing"),
        ("programming_noise: {law: {pieces: [{coefficients: []}]}}", "coefficients is missing"),
        ("programming_noise: {law: {pieces: [{coefficients: [1], low: 2, high: 1}]}}", "low = 2 is more than .*high"),
        ("programming_noise: {law: {pieces: [{coefficients: [1]}, {coefficients: [2]}]}}", "0.below is missing"),
        ("programming_noise: {law: {pieces: [{coefficients: [1], below: 1}]}}", "is not allowed in the last piece"),
        ("drift: {power: {since_s: 1, exponent_mean: {pieces: [{coefficients: [1]}], value_fraction: 2}}}",
         "as a drift exponent is a plain number"),
        ("write: {pulse_s: 1e-6, most_pulses: 3}", "tolerance_fraction is missing"),
        ("write: {pulse_s: 1e-6, tolerance_fraction: 0.1}", "programming_noise is missing. Expected: the deviation"),
        ("write: {pulse_s: 1e-6, tolerance_fraction: 0.1}, programming_noise: {sigma_fraction: 0.1, within_sigmas: 2}",
         "contradicts .*within_sigmas"),
        ("faults: {stuck_on_fraction: 0.7, stuck_off_fraction: 0.7}", "stuck_off_fraction = 0.7 is not within"),
        ("faults: {map: {rows: 2, columns: 2, row: [0], column: [2], state: [1]}}", "column.0 = 2 is more than"),
        ("faults: {map: {rows: 2, columns: 2, row: [0], column: [1], state: []}}", "have the same length"),
        ("table: {seconds: [0], state: [1], mean: [1], spread: [0]}, programming_noise: {sigma_fraction: 0.1}",
         "programming_noise contradicts .*cell.table"),
        ("table: {seconds: [0, 0], state: [1, 1], mean: [1, 1], spread: [0, 0]}", "the state 1 stands twice at 0 s"),
        ("table: {seconds: [0], state: [], mean: [], spread: []}", "must have the same length"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(chip_text, kinds, cell, message):
    with pytest.raises(ConfigError, match=message):
        parse_chip_text(chip_with(chip_text, cell), kinds)


def test_a_device_can_be_a_file_beside_the_description(chip_text, kinds, tmp_path):
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "mine.csv").write_text("seconds, state, mean, spread\n0,0,0.01,0.005\n0,1,1,0.02\n")
    (tmp_path / "map.csv").write_text("row,column,state\n0,3,1\n5,2,0.5\n")
    cell = "table: {csv: measured/mine.csv}, faults: {map: {rows: 8, columns: 8, csv: map.csv}}"
    (tmp_path / "chip.yaml").write_text(chip_with(chip_text, cell))
    chip = read_chip(tmp_path / "chip.yaml", kinds)
    found = chip.engines["wide"].cell
    assert found.table == DeviceTable(seconds=(0, 0), state=(0, 1), mean=(0.01, 1), spread=(0.005, 0.02))
    assert found.table == read_device_table(tmp_path / "measured" / "mine.csv")
    assert (found.faults.map.row, found.faults.map.column, found.faults.map.state) == ((0, 5), (3, 2), (1, 0.5))
    assert parse_chip_text(to_yaml(chip), kinds) == chip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it has no line of numbers below its header"),
        ("seconds,state,mean,spread\n", "it has no line of numbers below its header"),
        ("0,1,2,3\n4,5,6,7\n", "line 1: the header '0,1,2,3' does not name every column once"),
        ("seconds,seconds,mean,spread\n1,2,3,4\n", "line 1: the header"),
        ("seconds,state,mean,spread\n0,1,2\n", "line 2: 3 values below 4 names"),
        ("seconds,state,mean,spread\n0,0.5,much,0\n", "line 2: mean = 'much' is not a finite number"),
        ("seconds,state,mean,spread\n0,0.5,nan,0\n", "line 2: mean = 'nan' is not a finite number"),
        ("seconds,state,mean,spread\n0,1.5,1,0\n", "a state is a share of g_max in 0..1"),
        ("seconds,state,mean\n0,1,1\n", "it has seconds,state,mean"),
    ],
)
def test_bad_tables_are_told_with_their_line(tmp_path, text, message):
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        read_device_table(tmp_path / "table.csv")


def test_a_table_that_is_not_there(chip_text, kinds, tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_device_table(tmp_path / "none.csv")
    (tmp_path / "chip.yaml").write_text(chip_with(chip_text, "table: {csv: none.csv}"))
    with pytest.raises(DataError, match=r"none\.csv: not a table of numbers"):
        read_chip(tmp_path / "chip.yaml", kinds)
    with pytest.raises(ConfigError, match=r"cell\.table\.csv is not a known key"):
        parse_chip_text(chip_with(chip_text, "table: {csv: none.csv}"), kinds)


def test_ages_of_a_table_are_joined_in_log_time():
    table = DeviceTable(seconds=(1, 100), state=(1, 1), mean=(1, 0.5), spread=(0, 0))
    shares = {seconds: curves_around(table, seconds)[2] for seconds in (0.5, 1.0, 10.0, 100.0, 1e6)}
    assert shares == pytest.approx({0.5: 0.0, 1.0: 0.0, 10.0: 0.5, 100.0: 0.0, 1e6: 0.0})
    assert curves_around(table, 1e6)[0].mean == (0.5,)


def test_heat_counts_time_as_arrhenius_has_it():
    warm = Temperature(activation_ev=1.1, reference_k=300.0)
    assert effective_seconds(warm, 5.0, 300.0) == 5.0
    # 1.1 eV from 300 to 398 K: exp(1.1 / 8.617e-5 * (1/300 - 1/398)) = 3.55e4.
    assert effective_seconds(warm, 1.0, 398.0) == pytest.approx(3.55e4, rel=0.01)
    assert effective_seconds(None, 7.0, 400.0) == 7.0
    assert conductance_factor(Temperature(conductance_fraction_per_k=-0.01), 310.0) == pytest.approx(0.9)
    assert conductance_factor(Temperature(conductance_fraction_per_k=-0.01), 500.0) == 0.0


def test_pulses_follow_from_spread_and_tolerance_or_are_stated():
    def pulses(**write):
        noise = Spread(sigma_fraction=0.1, of="state")
        return mean_pulses(
            Cell(technology="reram", bits=1, programming_noise=noise, write=Write(pulse_s=1e-6, **write))
        )

    assert pulses(pulses=8.5) == 8.5
    # The off state does not stray and takes one pulse.
    assert pulses(tolerance_fraction=0.05) == pytest.approx((1 + 1 / math.erf(0.5 / math.sqrt(2))) / 2)
    assert pulses(tolerance_fraction=0.05, most_pulses=1) == 1
    assert mean_pulses(Cell(technology="reram")) == 1
