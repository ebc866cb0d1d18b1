"""Several of a chip by its name."""

from __future__ import annotations

import pytest

from bitline.errors import CapacityError, ConfigError
from bitline.hardware.provenance import facts, tally
from bitline.systems import load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request


@pytest.mark.parametrize(
    ("name", "counts"), [("h100@8", (8, 1, 1)), ("h100@8x4", (8, 4, 1)), ("a100/genz@1x1x2", (1, 1, 2))]
)
def test_counts_follow_the_name(name: str, counts: tuple[int, int, int]) -> None:
    chip = load_chip(name)
    assert (chip.devices.tensor, chip.devices.pipeline, chip.devices.expert) == counts
    assert chip.name == name
    assert chip.devices.bandwidth_bytes_per_s == load_chip(name.partition("@")[0]).devices.bandwidth_bytes_per_s


def test_one_value_for_a_name_and_no_new_assumptions() -> None:
    assert load_chip("h100@8") is load_chip("h100@8")
    assert tally(facts(load_chip("h100@8"))).assumed == tally(facts(load_chip("h100"))).assumed


def test_files_are_grouped_too(tmp_path, monkeypatch) -> None:
    (tmp_path / "mine.yaml").write_text("variant_of: h100\nname: mine\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load_chip("mine.yaml@2").devices.tensor == 2
    (tmp_path / "odd@2").write_text("variant_of: h100\nname: odd\n", encoding="utf-8")
    assert load_chip("odd@2").devices.tensor == 1


@pytest.mark.parametrize("name", ["h100@", "h100@0", "h100@8x", "h100@2x2x2x2", "h100@two", "@2"])
def test_other_counts_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="NAME@TENSOR"):
        load_chip(name)


def test_the_nearest_name_is_told_for_a_group_too() -> None:
    with pytest.raises(ConfigError, match="Nearest: 'h100'"):
        load_chip("h10@8")


def test_who_exchanges_for_nothing_is_told() -> None:
    request = Request(prompt=8)
    assert any("no time" in warning for warning in estimate("gpt2", "pim-gpt@2", request).warnings)
    assert not any("no time" in warning for warning in estimate("gpt2", "h100@2", request).warnings)


@pytest.mark.parametrize(("name", "axis"), [("h100@5000", "tensor"), ("h100@1x99999999", "pipeline")])
def test_more_devices_than_anyone_has_are_refused(name: str, axis: str) -> None:
    with pytest.raises(ConfigError, match=rf"devices\.{axis} = .* outside 1\.\.4096"):
        load_chip(name)


def test_errors_of_a_group_say_whose_numbers_they_are() -> None:
    said = "These are numbers of one of 2 devices that share every layer, 2 stages together"
    for name in ("xformer@2x2", "h100@2x2"):
        with pytest.raises(CapacityError, match=said):
            estimate("llama-3.1-405b", name)
    with pytest.raises(CapacityError) as error:
        estimate("llama-3.1-405b", "h100")
    assert "These are" not in str(error.value)


def test_stages_without_layers_are_not_passed() -> None:
    found = estimate("gpt2", "h100@1x100", Request(batch=2, prompt=8))
    assert [o.layers for o in found.operators if o.role == "hand_over"] == [12 - 1]
    assert not [o for o in estimate("gpt2", "h100@4", Request(prompt=8)).operators if o.role == "hand_over"]
