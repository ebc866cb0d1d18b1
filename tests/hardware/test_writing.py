"""A chip that is written and read again is the same chip, to the last bit."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitline.hardware import Adc, Chip, DeviceTable, Law, Piece, Provenance, Rule, Snapshot
from bitline.hardware.converter_combinations import STRAYING
from bitline.hardware.field import block_of, choices, fields_of, is_mapping, limits, optional, origin, plain
from bitline.hardware.library import technologies
from bitline.hardware.reading import parse_chip, parse_chip_text
from bitline.hardware.writing import to_document, to_yaml

NAMES = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789_-", min_size=1, max_size=8).filter(lambda name: name != "host")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def values(holds: Any) -> st.SearchStrategy[Any]:
    """Draw anything that a field may hold."""
    if optional(holds):
        inner = next(choice for choice in get_args(holds) if choice is not type(None))
        return st.none() | values(inner)
    inner = plain(holds)
    if choices(inner):
        return st.sampled_from(choices(inner))
    if block_of(inner):
        return blocks(inner)
    if is_mapping(inner):
        return st.dictionaries(NAMES, values(get_args(inner)[1]), max_size=3)
    if origin(inner) is tuple:
        return st.lists(values(get_args(inner)[0]), max_size=3).map(tuple)
    bounds = limits(holds)
    if inner is int:
        return st.integers(int(bounds.get("ge", -100)), int(bounds.get("le", 10**20)))
    if inner is float:
        low, open_low = bounds.get("ge", bounds.get("gt")), "gt" in bounds
        return st.floats(low, bounds.get("le"), exclude_min=open_low, allow_nan=False, allow_infinity=False)
    return {bool: st.booleans(), str: TEXTS}[inner]


@st.composite
def blocks(draw, block: type):
    drawn = {name: draw(values(field.holds)) for name, field in fields_of(block).items()}
    return block(**_made_to_fit(drawn))


def _made_to_fit(drawn: dict[str, Any]) -> dict[str, Any]:
    """Make what was drawn field by field fit together."""
    if "active_rows" in drawn and "rows" in drawn:
        drawn["active_rows"] = None if drawn["active_rows"] is None else min(drawn["active_rows"], drawn["rows"])
    if "technology" in drawn and isinstance(drawn["technology"], str):
        drawn["technology"] = technologies()[len(drawn["technology"]) % len(technologies())]
    if "programming_noise" in drawn:
        drawn |= _cell_made_to_fit(drawn)
    if "noise_codes" in drawn:
        drawn |= _converter_made_to_fit(drawn)
    if drawn.get("weight") and drawn.get("input"):
        drawn |= _formats_made_to_fit(drawn["weight"], drawn["input"])
    if "cell" in drawn and "weight" in drawn:
        bits = min(drawn["cell"].bits, drawn["weight"].bits)
        ratio = drawn["cell"].on_off_ratio
        drawn["cell"] = dataclasses.replace(drawn["cell"], bits=bits, on_off_ratio=ratio and max(ratio, 1.0625))
    if "array" in drawn and "cell" in drawn:
        drawn |= _wires_made_to_fit(drawn["array"], drawn["cell"])
        if drawn.get("weight") and drawn["weight"].scale == "block" and drawn["array"].wire_resistance_ohm:
            drawn["weight"] = dataclasses.replace(drawn["weight"], scale="column")
    if "adc" in drawn and "array" in drawn:
        per_array = min(drawn["adc"].per_array, drawn["array"].columns)
        drawn["adc"] = dataclasses.replace(drawn["adc"], per_array=per_array)
    if "holds" in drawn:
        drawn["holds"] = "weights"
        if "cell" in drawn:
            drawn["cell"] = dataclasses.replace(drawn["cell"], volatile=False)
    if "correction" in drawn:
        drawn["correction"] = dataclasses.replace(drawn["correction"], accumulator_bits=None)
    for name in ("memory", "activations"):
        if isinstance(drawn.get(name), str):
            drawn[name] = "store"
    if "stated_level" in drawn:
        rows = drawn["dram"] and dataclasses.replace(drawn["dram"], row_hit_fraction=None)
        drawn |= {"dram": rows if drawn["kind"] == "dram" else None}
        drawn |= {"flash": drawn["flash"] if drawn["kind"] == "flash" else None}
    if "dense_macs_per_s" in drawn:
        drawn["format"] = "fp16"
        drawn["dense_macs_per_s"]["fp16"] = 1.0
    return drawn


def _converter_made_to_fit(adc: dict[str, Any]) -> dict[str, Any]:
    """Give a converter a range and a table that mean something; take off what counts in codes if it has none."""
    coded = adc["bits"] is not None and adc["kind"] != "ideal"
    given = coded and adc["range"] == "given"
    counted = [name for name in STRAYING if name not in ("low", "high")]
    return {
        **{name: adc[name] if coded else fields_of(Adc)[name].default for name in counted},
        "range": adc["range"] if coded else "full",
        "low": (-0.5,) if given and adc["low"] and adc["steps"] != "symmetric" else (),
        "high": (max(0.25, *adc["high"], 0.5),) if given else (),
        "capacitor_spread_fraction": 0.0,
        "transfer": (coded and adc["transfer"] and dataclasses.replace(adc["transfer"], **_THRESHOLD)) or None,
    }


_THRESHOLD = {"threshold_codes": (0.5,), "output_codes": (1.5,)}


def _cell_made_to_fit(cell: dict[str, Any]) -> dict[str, Any]:
    """Give a cell a table or else processes that agree, with laws that mean something."""
    drift, noise, table, faults, write = (
        cell[name] for name in ("drift", "programming_noise", "table", "faults", "write")
    )
    if table is not None:
        cells = zip(table.seconds or (1.0,), table.mean or (0.5,), strict=False)
        table = DeviceTable(**dict(zip(("seconds", "mean", "state", "spread"), _table_columns(cells), strict=True)))
    if drift is not None:
        power, shift = drift.power, drift.shift and _course_made_to_fit(drift.shift)
        if power is not None:
            mean, sigma = (law and _law_made_to_fit(law) for law in (power.exponent_mean, power.exponent_sigma))
            power = dataclasses.replace(power, exponent_mean=mean, exponent_sigma=sigma)
        drift = dataclasses.replace(drift, power=power, shift=shift)
    if noise is not None:
        noise = dataclasses.replace(_spread_made_to_fit(noise), flicker=None, replays=None, law_of="present")
    if faults is not None:
        faults = dataclasses.replace(faults, stuck_off_fraction=1.0 - faults.stuck_on_fraction, map=None)
    if write is not None:
        write = dataclasses.replace(write, tolerance_fraction=None, most_pulses=None)
    reading = cell["read_noise"]
    return {
        "drift": None if table else drift,
        "programming_noise": None if table else noise,
        "read_noise": reading and _spread_made_to_fit(reading),
        "g_max_siemens": cell["g_max_siemens"] or 1e-6,
        "table": table,
        "faults": faults,
        "write": write,
    }


def _table_columns(cells: Any) -> tuple[tuple[float, ...], ...]:
    entries = [(seconds, mean, 0.5, 0.25) for seconds, mean in dict(cells).items()]
    return tuple(zip(*entries, strict=True))


def _spread_made_to_fit(spread: Any) -> Any:
    law, course = spread.law and _law_made_to_fit(spread.law), spread.course and _course_made_to_fit(spread.course)
    course = None if law else course
    return dataclasses.replace(
        spread,
        law=law,
        course=course,
        sigma_fraction=0.0 if law or course else spread.sigma_fraction,
        states_fraction=(),
        flicker=None if course else spread.flicker,
    )


def _course_made_to_fit(course: Any) -> Any:
    one = course.at[0] if course.at else _FLAT
    return dataclasses.replace(course, at=(dataclasses.replace(one, law=_law_made_to_fit(one.law)),))


def _law_made_to_fit(law: Any) -> Any:
    """Keep one piece that holds everywhere."""
    piece = law.pieces[0] if law.pieces else Piece(coefficients=(1.0,))
    fitting = dataclasses.replace(piece, coefficients=piece.coefficients or (0.5,), below=None, high=None)
    return dataclasses.replace(law, pieces=(fitting,), argument_fraction=None, value_siemens=None, value_fraction=None)


_FLAT = Snapshot(seconds=1.0, law=Law(pieces=(Piece(coefficients=(1.0,)),)))


def _wires_made_to_fit(array: Any, cell: Any) -> dict[str, Any]:
    wires = array.wires
    if wires is not None:
        wires = dataclasses.replace(wires, bitlines="separate", source="input", sinh_v=wires.sinh_v or 1.0)
    known = {"g_max_siemens": cell.g_max_siemens or 1e-6, "read_voltage_v": cell.read_voltage_v or 1.0}
    return {"array": dataclasses.replace(array, wires=wires), "cell": dataclasses.replace(cell, **known)}


def _formats_made_to_fit(weight: Any, inputs: Any) -> dict[str, Any]:
    bits = min(max(inputs.bits, 2), 24)
    pulse = 1 if inputs.signed == "twos_complement" else min(inputs.bits_per_pulse, bits)
    held = min(max(weight.bits, 2), 24)
    product = inputs.offset_product if inputs.signed == "offset" else "digital"
    digits = weight.digits if weight.polarities == 2 else "magnitude"
    cut = (1,) * (held - (weight.polarities == 2 and digits == "magnitude"))
    return {
        "weight": dataclasses.replace(weight, bits=held, digits=digits, slice_bits=weight.slice_bits and cut),
        "input": dataclasses.replace(inputs, bits=bits, bits_per_pulse=pulse, offset_product=product),
    }


@st.composite
def chips(draw, kinds: Mapping[str, type]):
    engine = st.one_of([blocks(kind) for kind in kinds.values()])
    parts = {name: draw(values(field.holds)) for name, field in fields_of(Chip).items() if name not in _BY_HAND}
    engines = draw(st.dictionaries(NAMES, engine, min_size=1, max_size=3))
    memory = draw(values(fields_of(Chip)["memories"].holds))
    store = draw(blocks(block_of(get_args(fields_of(Chip)["memories"].holds)[1])))
    ends = [*engines, "store", "host"]
    links = tuple(
        dataclasses.replace(link, between=(ends[i % len(ends)], ends[-1])) for i, link in enumerate(parts["links"])
    )
    return Chip(
        **(parts | {"links": links}),
        engines=engines,
        memories=memory | {"store": store},
        placement=(Rule(operators=("*", draw(TEXTS)), engine=next(iter(engines))),),
        provenance=Provenance(
            sources={f"engines.{next(iter(engines))}": draw(TEXTS)}, conflicts={"speedup": draw(TEXTS)}
        ),
    )


_BY_HAND = ("engines", "memories", "placement", "provenance")


def all_kinds(kinds):
    from bitline.engines.kinds import engine_kinds

    return dict(kinds) | dict(engine_kinds())


@given(data=st.data())
@settings(max_examples=60)
def test_yaml_and_python_round_trip_exactly(data, kinds):
    every = all_kinds(kinds)
    chip = data.draw(chips(every))
    for again in (parse_chip_text(to_yaml(chip), every), parse_chip(to_document(chip), every)):
        assert again == chip
        assert repr(again) == repr(chip)


def full(holds: Any) -> Any:
    """Make a value in which every optional field is given."""
    inner = plain(holds)
    if choices(inner):
        return choices(inner)[-1]
    if block_of(inner):
        return inner(**_made_to_fit({name: full(field.holds) for name, field in fields_of(inner).items()}))
    if is_mapping(inner):
        return {"gelu": full(get_args(inner)[1])}
    if origin(inner) is tuple:
        return (full(get_args(inner)[0]),)
    return {int: 3, float: 1 / 3, bool: True, str: "store"}[inner]


def test_every_optional_field_round_trips(kinds, chip):
    every = all_kinds(kinds)
    for kind, block in every.items():
        filled = dataclasses.replace(chip, engines={"wide": full(block)})
        assert parse_chip_text(to_yaml(filled), every) == filled, kind
        written = to_document(filled)["engines"]["wide"]
        assert {name for name, field in fields_of(block).items() if optional(field.holds)} <= set(written)


def test_only_what_differs_from_the_defaults_is_written(chip):
    assert to_document(chip) == {
        "name": "small",
        "technology": {"node_nm": 32.0},
        "engines": {
            "wide": {
                "kind": "toy",
                "cell": {"technology": "reram", "bits": 2},
                "array": {"rows": 128, "columns": 128},
                "memory": "store",
            }
        },
        "memories": {"store": {"kind": "sram", "capacity_bytes": 65536.0}},
        "links": [{"between": ["wide", "store"]}],
        "placement": [{"operators": ["*"], "engine": "wide"}],
    }


@pytest.mark.parametrize("value", [5e-324, 1.7976931348623157e308, 0.1 + 0.2, -0.0, 1e16, 123456789012345.67, 1e22])
def test_floats_keep_every_bit(chip, kinds, value):
    link = dataclasses.replace(chip.links[0], latency_s=value)
    again = parse_chip_text(to_yaml(dataclasses.replace(chip, links=(link,))), kinds)
    assert repr(again.links[0].latency_s) == repr(value)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "True",
        "1e5",
        "a: b",
        "a #b",
        "- x",
        "",
        " x ",
        'a"b\\',
        "a\nb",
        "\x85\u2028😀\x7f",
        "=",
        "<<",
        "3 dB",
        "yes",
        "a  b",
        "2021-03-04",
    ],
)
def test_texts_that_look_like_something_else_come_back_as_they_were(chip, kinds, text):
    named = dataclasses.replace(chip, summary=text, provenance=Provenance(conflicts={text or "x": text}))
    assert parse_chip_text(to_yaml(named), kinds) == named


def test_the_text_is_laid_out_for_people(chip):
    lines = to_yaml(chip).splitlines()
    assert "  - {between: [wide, store]}" in lines
    assert "  store: {kind: sram, capacity_bytes: 65536.0}" in lines
    assert max(map(len, lines)) <= 120
