"""`bitline sensitivity` as a user starts it: the embedded model, small texts, and what is wrong with the input."""

from __future__ import annotations

import json
import re

import pytest

from bitline.systems.load import CHIP, FOLDER
from bitline.verbs.examine import Examination, examine
from bitline.verbs.sensitivity import Probe

FEW = ("--tokens", "256", "--layers", "1,ends", "--by", "layer", "--effects", "weights,inputs")


@pytest.fixture
def coarse(tmp_path) -> str:
    """The default chip with converters of three bits and nothing else that costs anything to speak of."""
    text = (FOLDER / "default" / CHIP).read_text()
    for before, after in (("bits: 8, per_array: 8", "bits: 3, per_array: 8"), ("range: unit}", "range: full}")):
        assert before in text
        text = text.replace(before, after, 1)
    (tmp_path / "coarse.yaml").write_text(text)
    return "coarse.yaml"


def test_prints_what_python_gives(bitline, tmp_path):
    done = bitline("sensitivity", *FEW, "--report", "page.html", "--json")
    printed = json.loads(done.stdout)
    probe = Probe(effects=("weights", "inputs"), layers=("1", "ends"), by="layer")
    ours = examine(examination=Examination(tokens=256, probe=probe))
    assert printed["schema"] == "bitline.sensitivity/1"
    assert [one["name"] for one in printed["groups"]] == ["layer 1", "ends"]
    assert list(printed["effects"]) == ["weights", "inputs"]
    for told, cost in zip((*printed["groups"], printed["whole"]), (*ours.costs, ours.whole), strict=True):
        wanted = {**cost.alone, "everything": cost.together}
        given = {**told["alone"], "everything": told["everything"]}
        for name, change in wanted.items():
            assert given[name]["nats_per_token"] == pytest.approx(change.nats_per_token, abs=1e-5)
    assert printed["windows"] == 2
    assert "What each effect costs where" in (tmp_path / "page.html").read_text()


def test_a_bad_converter_is_named_in_the_table(bitline, coarse):
    done = bitline("sensitivity", "--on", coarse, "--tokens", "256", "--by", "role", "--layers", "1")
    assert re.search(r"dearest effect +converter", done.stdout)
    table = done.stdout[done.stdout.index("By effect") :]
    costs = {line.split()[0]: line for line in table.splitlines() if line.strip()}
    assert re.search(r"[+×]", costs["converter"])
    assert max(len(line) for line in done.stdout.splitlines()) <= 100
    assert "rest on 2 windows of text" in " ".join(done.stdout.split())


def test_help_tells_the_defaults_of_python(bitline):
    told = bitline("sensitivity", "--help").stdout.split()
    usual = Examination()
    for option, value in (("--tokens", usual.tokens), ("--by", usual.probe.by), ("--seed", usual.probe.seed)):
        after = " ".join(told[told.index(option) :]).partition("[default: ")[2]
        assert after.startswith(f"({value})")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--effects", "weights,convertor"), r"effects = 'convertor' is not one of .*Nearest: 'converter'"),
        (("--effects", ""), r"effects = '' is not one of converter, "),
        (("--layers", "0,7"), r"layers = '7' is not one of 0, 1, 2, 3, ends"),
        (("--by", "rolle"), r"by = 'rolle' is not one of both, layer, role\. Nearest: 'role'"),
        (("--tokens", "0"), r"tokens = 0 is outside 1\.\."),
        (("--age", "-1"), r"age_s = -1 s is outside 0\.\."),
        (("--effects", "time"), r"age_s is missing\. Expected: the seconds after which"),
        (("--seed", "-1"), r"seed = -1 is outside 0\.\."),
        (("--text", "none.txt"), r"none\.txt: not a text in UTF-8"),
        (("--on", "defualt"), r"chip = 'defualt' is not one of .*Nearest: 'default'"),
        (("--on", "h100-sxm"), r"nothing of this model is placed on an engine that changes numbers"),
        (("llama-2-7b",), r"llama-2-7b is a preset without weights"),
        (("lama-2-7b",), r"Nearest: 'llama-2-7b'"),
        (("--report", "."), r"it is a folder"),
    ],
)
def test_wrong_input_is_one_message(bitline, arguments, says):
    done = bitline("sensitivity", *arguments, code=2)
    assert done.stdout == ""
    assert done.stderr.startswith("bitline: ")
    assert re.search(says, done.stderr), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_checkpoint_of_ones_own(process, shared):
    text = shared / "data" / "tinystories" / "valid_excerpt.txt"
    arguments = ("--text", text, "--tokens", "300", "--layers", "ends", "--effects", "weights", "--json")
    printed = json.loads(process("sensitivity", shared / "data" / "stories260k", *arguments).stdout)
    assert printed["text"] == "valid_excerpt.txt"
    assert abs(printed["nothing"]["nats_per_token"]) < 1e-3
