"""Every way a description can be wrong, with the words a user reads."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from bitline.engines.kinds import engine_kinds
from bitline.errors import BitlineError, ConfigError, DataError
from bitline.hardware import Chip, Technology
from bitline.hardware.reading import checked, parse_chip, parse_chip_text, read_chip
from bitline.hardware.yaml import parse_yaml

WRONG = [
    (
        "rows: 128",
        "rows: -128",
        "chip.yaml:7: engines.wide.array.rows = -128 is not a whole number of at least 1. Nearest: 1.",
    ),
    ("rows: 128", "rows: 128, row: 1", "chip.yaml:7: engines.wide.array.row is not a known key. Allowed: active_rows,"),
    ("rows: 128", "rows: 128, row: 1", "Nearest: 'rows'."),
    ("rows: 128", "rows: 128.0", "engines.wide.array.rows = 128.0 is not a whole number of at least 1. Nearest: 128."),
    ("rows: 128", "rows: '128'", "engines.wide.array.rows = '128' is not a whole number of at least 1. Nearest: 128."),
    ("rows: 128", "rows: true", "engines.wide.array.rows = True is not a whole number of at least 1."),
    ("rows: 128", "rows: .nan", "engines.wide.array.rows = nan is not a whole number of at least 1."),
    ("rows: 128, ", "", "chip.yaml:7: engines.wide.array.rows is missing. Expected: a whole number of at least 1."),
    (
        "rows: 128",
        "rows: 128, active_rows: 129",
        "engines.wide.array.active_rows = 129 is more than engines.wide.array.rows = 128.",
    ),
    (
        "{rows: 128, columns: 128}",
        "128",
        "engines.wide.array = 128 is not a block with the keys rows, columns, active_rows",
    ),
    ("bits: 2", "bits: 64", "chip.yaml:8: engines.wide.cell.bits = 64 is not a whole number in 1..32. Nearest: 32."),
    ("bits: 2", "bits: 7", "engines.wide.cell.bits = 7 is more than engines.wide.weight.bits = 6. Nearest: 6."),
    ("bits: 2", "volatile: yes", "engines.wide.cell.volatile = 'yes' is not true or false."),
    ("bits: 2", "g_max_siemens: 0", "engines.wide.cell.g_max_siemens = 0 is not a number greater than 0 (or nothing)."),
    (
        "bits: 2",
        "on_off_ratio: 1.0",
        "chip.yaml:8: engines.wide.cell.on_off_ratio = 1.0 is not more than 1 (g_max / g_min;",
    ),
    (
        "kind: toy",
        "kind: toy\n    input: {bits_per_pulse: 2}",
        "chip.yaml:6: engines.wide.input.bits_per_pulse = 2 is not 1, which signed = 'twos_complement' needs "
        "(its last pulse alone counts negative). Nearest: 1.",
    ),
    (
        "kind: toy",
        "kind: toy\n    input: {bits: 3, bits_per_pulse: 4, signed: offset}",
        "engines.wide.input.bits_per_pulse = 4 is more than engines.wide.input.bits = 3. Nearest: 3.",
    ),
    (
        "kind: toy",
        "kind: toy\n    input: {bits: 1}",
        "engines.wide.input.signed = 'twos_complement' is not one of bipolar, sign_split, unsigned.",
    ),
    (
        "bits: 2}",
        "bits: 1}\n    weight: {bits: 1}",
        "chip.yaml:9: engines.wide.weight.encoding = 'offset' is not one of differential, sign_split.",
    ),
    (
        "kind: toy",
        "kind: toy\n    input: {bits: 25}",
        "engines.wide.input.bits = 25 bits is outside 1..24 bits. Nearest: 24 bits.",
    ),
    (
        "bits: 2",
        "g_max_siemens: .inf",
        "engines.wide.cell.g_max_siemens = inf is not a number greater than 0 (or nothing).",
    ),
    (
        "bits: 2",
        "read_noise: {sigma_fraction: 2}",
        "cell.read_noise.sigma_fraction = 2 is not a number in 0..1. Nearest: 1.",
    ),
    ("technology: reram", "technology: rerum", "chip.yaml:8: engines.wide.cell.technology = 'rerum' is not one of "),
    ("technology: reram", "technology: rerum", "Nearest: 'reram'."),
    ("technology: reram", "use: reram-isac", "chip.yaml:8: engines.wide.cell.use = 'reram-isac' is not one of "),
    ("technology: reram", "use: reram-isac", "Nearest: 'reram-isaac'."),
    ("technology: reram", "use: 3", "engines.wide.cell.use = 3 is not the name of a part."),
    ("kind: toy", "kind: tory", "chip.yaml:5: engines.wide.kind = 'tory' is not one of toy. Nearest: 'toy'."),
    ("    kind: toy\n", "", "chip.yaml:4: engines.wide.kind is missing. Expected: one of toy."),
    ("kind: toy", "kind: [toy]", "engines.wide.kind = ['toy'] is not one of toy."),
    (
        "kind: toy",
        "kind: toy\n    factors: {gelu: -1}",
        "engines.wide.factors.gelu = -1 is not a number greater than 0.",
    ),
    (
        "kind: toy",
        "kind: toy\n    adc: {kind: sarr}",
        "engines.wide.adc.kind = 'sarr' is not one of flash, ideal, ramp, sar, sense, time. Nearest: 'sar'.",
    ),
    (
        "kind: toy",
        "kind: toy\n    adc: {per_array: 200}",
        "engines.wide.adc.per_array = 200 is more than engines.wide.array.columns = 128.",
    ),
    (
        "memory: store",
        "memory: stor",
        "chip.yaml:6: engines.wide.memory = 'stor' is not one of store. Nearest: 'store'.",
    ),
    ("engine: wide", "engine: wise", "chip.yaml:14: placement.0.engine = 'wise' is not one of wide. Nearest: 'wide'."),
    (
        "engine: wide",
        "engine: wide, most_vectors: 4",
        "placement.0.most_vectors = 4 is not nothing here: weights stay on engine 'wide', whatever meets them.",
    ),
    ('operators: ["*"]', "operators: []", "placement.0.operators is missing. Expected: at least one role."),
    ('operators: ["*"]', "operators: '*'", "placement.0.operators = '*' is not a list, each item text."),
    ("[wide, store]", "[wide]", "links.0.between = ['wide'] is not a list of 2: text, text."),
    (
        "[wide, store]",
        "[wide, store, wide]",
        "links.0.between = ['wide', 'store', 'wide'] is not a list of 2: text, text.",
    ),
    (
        "[wide, store]",
        "[wide, stone]",
        "links.0.between.1 = 'stone' is not one of host, store, wide. Nearest: 'store'.",
    ),
    (
        "policy: sequential",
        "policy: pipelind",
        "schedule.policy = 'pipelind' is not one of co_execute, pipelined, sequence_blocking, sequential, sub_batch. "
        "Nearest: 'pipelined'.",
    ),
    ("name: small", "nam: small", "chip.yaml:1: nam is not a known key. Allowed: devices, engines, links,"),
    ("name: small", "summary: x", "chip.yaml:1: name is missing. Expected: text."),
    ("name: small", "name: 3", "chip.yaml:1: name = 3 is not text."),
    ("name: small", "name: small\nname: other", "chip.yaml:2: name is given twice. First: chip.yaml:1."),
    ("name: small", "name: !!python/object:os.system x", "is not plain data (tags are not read)."),
    ("  wide:\n    kind", "  wi.de:\n    kind", "engines.wi.de = 'wi.de' is not a name of letters, digits, - and _"),
    (
        "name: small",
        "name: small\nprovenance: {sources: {engines.wide.cell.bitz: x}}",
        "chip.yaml:2: provenance.sources = 'engines.wide.cell.bitz' is not one of ",
    ),
    (
        "name: small",
        "name: small\nprovenance: {sources: {engines.wide.cell.bitz: x}}",
        "Nearest: 'engines.wide.cell.bits'.",
    ),
    (
        "name: small",
        "name: small\nprovenance: {fitted: {engines.wid: x}}",
        "provenance.fitted = 'engines.wid' is not one of engines.wide. Nearest: 'engines.wide'.",
    ),
    (
        "name: small",
        "name: small\nprovenance: {conflicts: {links.1: x}}",
        "provenance.conflicts = 'links.1' is not one of links.0.",
    ),
]


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_what_is_wrong_is_said_with_its_place_and_the_nearest_choice(chip_text, kinds, old, new, sentence):
    assert chip_text.count(old) >= 1
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        parse_chip_text(chip_text.replace(old, new, 1), kinds, "chip.yaml")


@pytest.mark.parametrize(
    "text",
    ["engines: []", "engines: {wide: 3}", "engines: 3", "[]", "3", "placement: {a: 1}", "links: [3]", "engines: {}"],
)
def test_blocks_of_another_form_are_refused_by_name(chip_text, kinds, text):
    key = text.partition(":")[0]
    rest = re.sub(rf"(?m)^{re.escape(key)}:.*\n( .*\n)*", "", chip_text)
    with pytest.raises(BitlineError, match=re.escape(key if ":" in text else "description")):
        parse_chip_text(rest + text if ":" in text else text, kinds)


def test_a_gpu_uses_a_number_format_that_it_has(chip_text):
    start, end = chip_text.index("    kind: toy"), chip_text.index("memories:")
    gpu = "    kind: gpu\n    use: a100-sxm-80gb\n    memory: store\n    format: fp61\n"
    with pytest.raises(
        ConfigError, match=r"chip:8: engines.wide.format = 'fp61' is not one of fp16, int8. Nearest: 'fp16'"
    ):
        parse_chip_text(chip_text[:start] + gpu + chip_text[end:], engine_kinds())


def test_all_problems_are_told_at_once_each_on_a_line_of_its_own(chip_text, kinds):
    text = (
        chip_text.replace("rows: 128", "rows: 0").replace("name: small", "name: 3").replace("kind: sram", "kind: ram")
    )
    with pytest.raises(ConfigError) as caught:
        parse_chip_text(text, kinds, "chip.yaml")
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("chip.yaml:") for line in lines)


def test_nothing_given_for_an_optional_field_is_the_default(chip_text, kinds, chip):
    text = chip_text.replace("bits: 2", "bits: 2, g_max_siemens: null, write: ~")
    assert parse_chip_text(text, kinds) == chip


def test_json_is_read_as_well_tabs_and_all(chip_text, kinds, chip, tmp_path):
    file = tmp_path / "chip.json"
    file.write_text(json.dumps(parse_yaml(chip_text, "chip", "a chip").tree, indent="\t"))
    assert read_chip(file, kinds) == chip


def test_plain_python_values_are_read_as_well(chip_text, kinds, chip):
    assert parse_chip(parse_yaml(chip_text, "chip", "a chip").tree, kinds) == chip


def test_a_value_that_is_no_plain_data_is_refused(kinds, chip_text):
    tree = parse_yaml(chip_text, "chip", "a chip").tree
    with pytest.raises(ConfigError, match=r"name = .* is not text"):
        parse_chip(tree | {"name": object()}, kinds)


def test_a_chip_built_in_python_is_held_to_the_same_rules(chip, kinds):
    assert checked(chip, kinds) == chip
    with pytest.raises(ConfigError, match=r"^technology.node_nm = -1 is not a number greater than 0\.$"):
        checked(replace(chip, technology=Technology(node_nm=-1)), kinds)


def test_half_a_surrogate_pair_is_no_text(kinds, chip_text):
    with pytest.raises(ConfigError, match=r"is not text that can be written \(UTF-8\)"):
        parse_chip_text(chip_text.replace("small", r'"\ud800"'), kinds)


@pytest.mark.parametrize("number", ["1" + "0" * 400, "1" * 5000, "-1e999"])
def test_numbers_beyond_every_range_are_refused(kinds, chip_text, number):
    with pytest.raises(ConfigError, match=r"^chip:2: technology.node_nm = .* is not a number greater than 0"):
        parse_chip_text(chip_text.replace("node_nm: 32", f"node_nm: {number}"), kinds)


def test_whole_numbers_stand_for_real_ones(chip_text, kinds):
    chip = parse_chip_text(chip_text.replace("capacity_bytes: 65536", "capacity_bytes: 64"), kinds)
    assert isinstance(chip, Chip)
    assert isinstance(chip.memories["store"].capacity_bytes, float)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty."),
        ("# nothing\n", "it is empty."),
        ("name: [a\nb: c", "line 2: "),
        ("a: b: c", "line 1: "),
        ("\tname: x", "line 1: "),
        ("a: &a [*a]", "line 1: too many or too deeply nested values."),
        ("a: *nobody", "line 1: "),
        ("a\0: b", "unacceptable character"),
        ("- a\n--- \n- b", "line 2: "),
        ("[" * 500, "too deeply nested"),
    ],
)
def test_what_is_not_yaml_is_said_to_be_so(kinds, text, reason):
    with pytest.raises(DataError, match=re.escape(reason)) as caught:
        parse_chip_text(text, kinds, "chip.yaml")
    assert str(caught.value).startswith("chip.yaml: not a chip description (YAML or JSON): ")
    assert "\n" not in str(caught.value)


def test_a_text_that_grows_when_its_aliases_are_followed_is_refused(kinds):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]" for i in range(8)]
    with pytest.raises(DataError, match="too many"):
        parse_chip_text("\n".join(lines), kinds)


def test_files_that_are_none(kinds, tmp_path, chip_text):
    (tmp_path / "chip.yaml").write_text(chip_text)
    with pytest.raises(DataError, match=r"there is no such file\. Nearest: 'chip.yaml'\."):
        read_chip(tmp_path / "chap.yaml", kinds)
    with pytest.raises(DataError, match="it is a folder"):
        read_chip(tmp_path, kinds)
    (tmp_path / "photo.yaml").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DataError, match="not text in UTF-8"):
        read_chip(tmp_path / "photo.yaml", kinds)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-12", 1e-12),
        ("1.0e8", 1e8),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("+3", 3),
        ("1_000", 1000),
        ("yes", "yes"),
        ("true", True),
        ("~", None),
        ("1:30", "1:30"),
        ("2021-03-04", "2021-03-04"),
        ("'1e5'", "1e5"),
        (".inf", float("inf")),
        ("1e400", float("inf")),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    found = parse_yaml(f"a: {text}", "chip", "a chip").tree["a"]
    assert found == value
    assert type(found) is type(value)
