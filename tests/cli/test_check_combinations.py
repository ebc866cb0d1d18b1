"""Settings that cannot stand together: one clear message each, exit code 2, never a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bitline.systems.load import CHIP, FOLDER

WEIGHT = "weight: {bits: 8, encoding: offset}"
INPUT = "input: {bits: 8, bits_per_pulse: 1}\n    adc"
ADC = "adc: {kind: sar, bits: 8, per_array: 8, rate_hz: 200.0e6, range: unit}"
ARRAY = "array: {rows: 128, columns: 128, read_s: 10.0e-9}"
NOISE = "read_noise: {sigma_fraction: 0.01, of: range}"
HELD = "    activations: buffer\n  attention:"

WRONG = [
    (WEIGHT, "weight: {bits: 8, encoding: offset, digits: balanced}", r"weight\.digits = 'balanced' is not magnitude"),
    (WEIGHT, "weight: {bits: 8, slice_bits: [2, 2]}", r"weight\.slice_bits = .* is not digits that add up to 8 bits"),
    (WEIGHT, "weight: {bits: 8, slice_bits: [4, 4]}", r"weight\.slice_bits = .* is not digits of at most 2 bits"),
    (WEIGHT, "weight: {bits: 8, slice_bits: [2, 2, 2, 2, 1]}", r"weight\.slice_bits = .*the last holds none"),
    (WEIGHT, "weight: {bits: 30, encoding: offset}", r"weight\.bits = 30 .* is outside 1\.\.24"),
    (INPUT, "input: {bits: 8, bits_per_pulse: 2}\n    adc", r"input\.bits_per_pulse = 2 is not 1"),
    (INPUT, "input: {bits: 8, offset_product: measured}\n    adc", r"offset_product = 'measured' is not digital"),
    (INPUT, "input: {bits: 4, bits_per_pulse: 5, signed: offset}\n    adc", r"bits_per_pulse = 5 is more than"),
    (INPUT, "input: {bits: 1}\n    adc", r"input\.signed = 'twos_complement' is not one of"),
    (ADC, "adc: {kind: ideal, bits: 8, noise_codes: 0.5}", r"adc\.noise_codes contradicts .*adc\.kind"),
    (ADC, "adc: {range: given, bits: 8}", r"adc\.high is missing"),
    (ADC, "adc: {kind: flash, bits: 8, capacitor_spread_fraction: 0.1}", r"capacitor_spread_fraction contradicts"),
    (ADC, "adc: {gain_spread_fraction: 0.1}", r"adc\.bits is missing"),
    (ADC, "adc: {bits: 8, range: given, high: [1, 2]}", r"adc\.high = .* is not one number, or one for each of 4"),
    (ADC, "adc: {bits: 8, per_array: 200}", r"adc\.per_array = 200 is more than"),
    (ADC, "adc: {}\n    correction: {accumulator_bits: 12}", r"adc\.bits is missing.*accumulator_bits"),
    (ADC, "adc: {bits: 8, range: calibrated, scope: column}\n    correction: {accumulator_bits: 12}",
     r"correction\.accumulator_bits contradicts .*adc\.scope"),
    (ADC, "adc: {bits: 8, range: given, high: [1, 2, 3, 4]}\n    correction: {accumulator_bits: 12}",
     r"correction\.accumulator_bits contradicts .*adc\.high"),
    (ARRAY, "array: {rows: 128, columns: 128, active_rows: 200}", r"active_rows = 200 is more than"),
    (ARRAY, "array: {rows: 128, columns: 128, wires: {bitline_ohm: 1, bitlines: interleaved}}",
     r"wires\.bitlines = 'interleaved' is not separate"),
    (ARRAY, "array: {rows: 128, columns: 128, wires: {bitline_ohm: 1, curve: sinh}}", r"wires\.sinh_v is missing"),
    (NOISE, "read_noise: {sigma_fraction: 0.01, states_fraction: [0, 0, 0, 0]}", r"read_noise\.states_fraction"),
    (NOISE, "table: {seconds: [0], state: [0], mean: [0], spread: [0]}", r"programming_noise contradicts .*table"),
    (NOISE, "faults: {stuck_on_fraction: 0.7, stuck_off_fraction: 0.7}", r"stuck_off_fraction = 0\.7 is not within"),
    (HELD, "    activations: buffer\n    holds: cache\n    correction: {affine: column}\n  attention:",
     r"correction\.affine = 'column' is not none, as this is not known for keys and values"),
    (HELD, "    activations: buffer\n    holds: operands\n    storage: {flipped_fraction: 0.1}\n  attention:",
     r"storage\.flipped_fraction = 0\.1 is not 0\.0"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "says"), WRONG)
def test_check_says_what_contradicts_what(bitline, tmp_path: Path, before, after, says):
    text = (FOLDER / "default" / CHIP).read_text()
    assert before in text
    (tmp_path / "mine.yaml").write_text(text.replace(before, after, 1))
    done = bitline("check", "mine.yaml", code=2)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert re.search(says, done.stderr.replace("\n", " ")), done.stderr
