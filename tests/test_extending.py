"""The extensions that CONTRIBUTING shows: one new file each, put into a copy of the tree, works from end to end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bitline.embedded import model_path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples" / "extending"
CHIPS = EXAMPLES / "chips"
MINE, ADDED_SYSTEM = ("optical", "gain-cell"), "attentionlego-head"
"""The chips in that folder, and the system that is added."""
ADDED = {
    "hardware/library/cell": "gain-cell-6t.yaml",
    "engines": "optical.py",
    "systems": ADDED_SYSTEM,
    "workload/families": "biogpt.py",
}
"""What each extension adds: the folder it goes to, and its one file (of a system, its one folder)."""
CONTRACTS = {
    "gain-cell-6t": "tests/hardware/test_library.py",
    "optical": "tests/engines/test_contract.py",
    "attentionlego-head": "tests/systems/test_load.py",
    "attentionlego-head]": "tests/reproduce/test_reproduction.py",
    "biogpt": "tests/verbs/test_deployed_roles.py",
}
"""Tests that have to meet an extension, by a part of its name in their parameters."""
BIOGPT = {
    "model_type": "biogpt", "vocab_size": 61, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
    "num_attention_heads": 2, "max_position_embeddings": 64,
}  # fmt: skip
DEPLOYING = """
import json, sys
import torch
from transformers import AutoConfig, AutoModelForCausalLM
import bitline
from bitline.verbs.deployment import deployment_of

torch.manual_seed(0)
fields, *chips = json.loads(sys.argv[1])
model = AutoModelForCausalLM.from_config(AutoConfig.for_model(fields.pop("model_type"), **fields)).eval()
tokens = torch.arange(3, 15)[None]
told = {}
with torch.no_grad():
    wanted = model(tokens).logits
    for chip in chips:
        found = bitline.deploy(model, bitline.load_chip(chip))(tokens).logits
        placed = {role: one.engine for one in deployment_of(model).on_chip for role in one.roles}
        told[chip] = {"gap": float((found - wanted).abs().max() / wanted.abs().max()), "placed": placed}
        bitline.restore(model)
print(json.dumps(told))
"""
ASKING = """
import contextlib, io, json, sys
from bitline.cli import main

told = []
for line in json.loads(sys.argv[1]):
    sys.argv, said, code = ["bitline", *line], io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(said):
            main()
    except SystemExit as left:
        code = left.code or 0
    told.append([code, said.getvalue()])
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources and the tests with the extensions in place, and nothing else changed."""
    tree = tmp_path_factory.mktemp("tree")
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, tree / part)
        shutil.copytree(EXAMPLES / part, tree / part, dirs_exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", tree)
    return tree


def python(tree: Path, *arguments: str, paths: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python on the copy, or on what else `paths` names."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    told = {"PYTHONPATH": paths or str(tree / "src"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "100"}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=tree, env=kept | told, check=False
    )


def answers(tree: Path, asked: list[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Ask the program on the copy one thing after another, in one process, and give what it prints."""
    done = python(tree, "-c", ASKING, json.dumps(asked))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {code for code, _ in told} == {0}, done.stderr
    return {line: text for line, (_, text) in zip(asked, told, strict=True)}


@pytest.fixture(scope="module")
def said(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], str]:
    """What the program says on the copy, by command and chip."""
    path = tmp_path_factory.mktemp("model") / "config.json"
    path.write_text(json.dumps({**BIOGPT, "architectures": ["BioGptForCausalLM"]}))
    request = ("--prompt", "12", "--generate", "4", "--json")
    asked = {(command, chip): (command, file(chip)) for command in ("check", "show") for chip in (*MINE, ADDED_SYSTEM)}
    asked |= {("estimate", chip): ("estimate", str(path), "--on", file(chip), *request) for chip in MINE}
    asked |= {("reproduce", ADDED_SYSTEM): ("reproduce", ADDED_SYSTEM)}
    told = answers(tree, list(asked.values()))
    return {name: told[line] for name, line in asked.items()}


def file(chip: str) -> str:
    """Where the description of a chip is, or what the system is called."""
    return str(CHIPS / f"{chip}.yaml") if chip in MINE else chip


def test_each_is_one_new_file():
    found = {file.relative_to(EXAMPLES / "src" / "bitline") for file in (EXAMPLES / "src").rglob("*") if file.is_file()}
    whose = {file: room for file in found for room, name in ADDED.items() if (Path(room) / name) in (file, file.parent)}
    assert set(whose) == found
    assert set(whose.values()) == set(ADDED)
    assert not any((ROOT / "src" / "bitline" / room / name).exists() for room, name in ADDED.items())
    assert not any(
        (ROOT / file.relative_to(EXAMPLES)).exists() for file in (EXAMPLES / "tests").rglob("*") if file.is_file()
    )


@pytest.mark.parametrize("chip", [*MINE, ADDED_SYSTEM])
def test_descriptions_with_them_are_checked_and_shown(said, chip):
    assert "is a valid description" in said["check", chip]
    assert "Parts" in said["show", chip]
    assert "unsourced" not in said["show", chip]


def test_the_reference_of_descriptions_names_them(tree):
    program = "import bitline.hardware as h, bitline.engines as e; print(h.chip_reference(e.engine_kinds()))"
    text = python(tree, "-c", program).stdout
    assert "## kind: optical" in text
    assert "| `symbol_hz` | a number greater than 0 | Hz | required | Vectors of one pulse" in text
    assert "| cell `gain-cell-6t` | Six-transistor gain cell" in text


@pytest.mark.parametrize(("chip", "parts"), [("optical", {"light.modulation", "light.detection"}),
                                             ("gain-cell", {"keys.cells", "keys.adc"})])  # fmt: skip
def test_they_are_estimated(said, chip, parts):
    told = json.loads(said["estimate", chip])["estimate"]
    spent = {one["name"]: one["energy_j"] for one in told["components"]}
    assert all(spent[part] > 0 for part in parts)
    assert told["macro_ops_per_j"] > 0


def test_models_are_deployed_on_them(tree):
    done = python(tree, "-c", DEPLOYING, json.dumps([BIOGPT, *map(file, MINE)]))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for chip, engines in (
        ("optical", {"q": "light", "lm_head": "light", "scores": "attention"}),
        ("gain-cell", {"q": "weights", "lm_head": "weights", "scores": "keys", "context": "keys"}),
    ):
        found = told[file(chip)]
        assert engines.items() <= found["placed"].items(), chip
        assert 0 < found["gap"] < 0.5, chip


def test_the_system_is_reproduced(said):
    told = said["reproduce", ADDED_SYSTEM]
    assert "AL-1" in told
    assert "2 of 2 derived ones" in told


def test_an_installed_package_may_bring_an_engine_and_a_family(tmp_path):
    """Nothing of Bitline is copied or changed here: the modules lie in a package of their own."""
    shutil.copy(EXAMPLES / "src" / "bitline" / "engines" / "optical.py", tmp_path / "my_optics.py")
    shutil.copy(EXAMPLES / "src" / "bitline" / "workload" / "families" / "biogpt.py", tmp_path / "my_family.py")
    told = tmp_path / "mine-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[bitline.engines]\no = my_optics\n[bitline.families]\nf = my_family\n")
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**BIOGPT, "architectures": ["BioGptForCausalLM"]}))
    paths = os.pathsep.join((str(tmp_path), str(ROOT / "src")))
    arguments = ("estimate", str(config), "--on", str(CHIPS / "optical.yaml"), "--prompt", "8", "--json")
    done = python(tmp_path, "-c", "from bitline.cli import main; main()", *arguments, paths=paths)
    assert done.returncode == 0, done.stderr
    assert "light.modulation" in done.stdout


def test_contract_tests_meet_them_without_being_told(tree):
    files = (*sorted(set(CONTRACTS.values())), "tests/test_structure.py")
    chosen = " or ".join((*(name.strip("]") for name in CONTRACTS), "test_structure"))
    done = python(tree, "-m", "pytest", "-vv", "-p", "no:cacheprovider", "-k", chosen, *files)
    assert done.returncode == 0, done.stdout[-3000:]
    passed = [line for line in done.stdout.splitlines() if "PASSED" in line]
    for name, file in CONTRACTS.items():
        assert any(line.startswith(file) and name in line for line in passed), (file, name)


@pytest.mark.slow
@pytest.mark.parametrize("chip", MINE)
def test_the_main_job_runs_on_them(tree, chip):
    if not model_path().exists():
        pytest.skip("the embedded model is not in this tree")
    few = ("--tokens", "200", "--seeds", "1", "--prompt", "16", "--generate", "4")
    asked = ("run", "embedded", "--on", file(chip), *few, "--json")
    told = json.loads(answers(tree, [asked])[asked])
    assert told["accuracy"]["perplexity_mean"] > told["accuracy"]["digital_perplexity"]
