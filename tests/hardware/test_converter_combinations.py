"""What a converter may not say, and the sentence that says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bitline.errors import ConfigError
from bitline.hardware import Adc, Transfer
from bitline.hardware.reading import parse_chip_text, read_chip

SOUND = [
    "{bits: 8, range: given, high: [14.0]}",
    "{bits: 8, range: given, low: [0.0, 0.0, 0.0], high: [1, 2, 3]}",
    "{bits: 8, range: calibrated, scope: column, statistic: percentile, percentile: 99, power_of_two: true}",
    "{bits: 8, capacitor_spread_fraction: 0.01, noise_codes: 0.5}",
    "{bits: 6, inl_codes: [0, -3.9, 0, 3.9], inl_spread_codes: [1], gain_spread_fraction: 0.02}",
    "{kind: sense, bits: 2, transfer: {threshold_codes: [0.5, 1.7, 2.5]}}",
    "{bits: 4, transfer: {threshold_codes: [1, 2], output_codes: [3.5, 4], below_codes: 1}}",
    "{use: approximate-6b}",
    "{use: neurosim-7b, bits: 5}",
]
WRONG = [
    ("{noise_codes: 1.0}", "engines.wide.adc.bits is missing. Expected: what noise_codes counts in."),
    ("{kind: ideal, bits: 8, noise_codes: 1.0}", "engines.wide.adc.noise_codes contradicts engines.wide.adc.kind"),
    ("{bits: 8, range: given}", "engines.wide.adc.high is missing. Expected: the upper end of the given range."),
    ("{bits: 8, high: [3]}", "engines.wide.adc.range = 'full' is not one of given."),
    ("{bits: 8, range: given, high: [1, 2]}", "is not one number, or one for each of 3 slices of a weight."),
    ("{bits: 8, range: given, low: [0], high: [1, 2, 3]}", "engines.wide.adc.low = (0.0,) is not as many numbers as"),
    ("{bits: 8, range: given, low: [2], high: [1]}", "engines.wide.adc.high = (1.0,) is not above the lower end"),
    ("{bits: 8, range: given, high: [-1]}", "engines.wide.adc.high = (-1.0,) is not above the lower end"),
    ("{bits: 8, range: given, steps: symmetric, low: [0], high: [1]}", "adc.low contradicts engines.wide.adc.steps"),
    ("{bits: 8, kind: ramp, capacitor_spread_fraction: 0.1}", "contradicts engines.wide.adc.kind: only successive"),
    ("{bits: 8, steps: overflow, capacitor_spread_fraction: 0.1}", "contradicts engines.wide.adc.steps: capacitors"),
    ("{bits: 20, capacitor_spread_fraction: 0.1}", "engines.wide.adc.bits = 20 bits is outside 2..16 bits."),
    ("{bits: 4, transfer: {threshold_codes: []}}", "transfer.threshold_codes is missing. Expected: at least one"),
    ("{bits: 4, transfer: {threshold_codes: [1, 1]}}", "threshold_codes = (1.0, 1.0) is not rising."),
    (
        "{bits: 4, transfer: {threshold_codes: [1], output_codes: [1, 2]}}",
        "is not one number for each of 1 thresholds.",
    ),
    ("{bits: 1, transfer: {threshold_codes: [1, 2]}}", "is not at most 1 numbers, for 1 bits."),
    ("{transfer: {threshold_codes: [1, 2]}}", "engines.wide.adc.bits is missing. Expected: what transfer counts in."),
    ("{bits: 8, percentile: 0}", "engines.wide.adc.percentile = 0"),
]


def described(chip_text: str, adc: str) -> str:
    return chip_text.replace("kind: toy", f"kind: toy\n    adc: {adc}", 1)


@pytest.mark.parametrize("adc", SOUND)
def test_what_can_stand_together_does(chip_text, kinds, adc):
    assert isinstance(parse_chip_text(described(chip_text, adc), kinds).engines["wide"].adc, Adc)


@pytest.mark.parametrize(("adc", "sentence"), WRONG)
def test_what_cannot_is_refused_by_name(chip_text, kinds, adc, sentence):
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse_chip_text(described(chip_text, adc), kinds)


def test_a_transfer_table_may_stand_in_a_csv_file(chip_text, kinds, tmp_path: Path):
    (tmp_path / "measured.csv").write_text("threshold_codes,output_codes\n0.4,1\n1.75,2\n")
    file = tmp_path / "chip.yaml"
    file.write_text(described(chip_text, "{bits: 2, transfer: {csv: measured.csv}}"))
    read = read_chip(file, kinds).engines["wide"].adc
    assert read.transfer == Transfer(threshold_codes=(0.4, 1.75), output_codes=(1.0, 2.0))
