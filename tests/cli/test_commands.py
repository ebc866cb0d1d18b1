from __future__ import annotations

import json
import subprocess
import sys

import pytest

import bitline as bl
from bitline.report import to_json
from bitline.systems import system_names
from bitline.workload import preset_names


def test_estimate_prints_what_python_gives(process, tiny):
    printed = json.loads(process("estimate", "tiny", "--on", "default", "--generate", "8", "--json").stdout)
    assert printed == json.loads(to_json(bl.estimate(tiny, "default", bl.Request(generate=8))))


def test_estimate_has_the_defaults_of_python(bitline, tiny):
    printed = json.loads(bitline("estimate", "tiny", "--on", "default", "--json").stdout)
    assert printed["estimate"]["request"] == {"batch": 1, "prompt": bl.Request().prompt, "generate": 0}


def test_a_window_bounds_what_a_model_looks_back_on(bitline, tiny):
    printed = json.loads(
        bitline(
            "estimate", tiny, "--on", "default", "--generate", "8", "--prompt", "32", "--window", "6", "--sinks", "2",
            "--json",
        ).stdout
    )  # fmt: skip
    model = bl.windowed(bl.load_model(tiny), 6, 2)
    assert printed == json.loads(to_json(bl.estimate(model, "default", bl.Request(prompt=32, generate=8))))
    assert printed["estimate"]["model"] == "tiny (last 6 and first 2 tokens)"


def test_estimate_writes_table_page_and_trace(bitline, tiny, tmp_path):
    done = bitline(
        "estimate", tiny, "--on", "default", "--generate", "4", "--report", "new/page.html", "--trace", "trace.json"
    )
    assert "time to first token" in done.stdout
    assert "written: new/page.html" in done.stderr
    assert (tmp_path / "new" / "page.html").read_text().startswith("<!DOCTYPE html>")
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert sorted(one.name for one in tmp_path.rglob("*") if one.is_file()) == [
        "config.json",
        "page.html",
        "trace.json",
    ]


def test_estimate_runs_where_torch_cannot_be_imported(tiny):
    program = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None; from bitline.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "estimate", str(tiny), "--on", "default", "--report", "page.html"],
        capture_output=True, text=True, cwd=tiny.parent, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "energy per token" in done.stdout


def test_show_explains_chips_and_models(bitline):
    assert "Numbers of the description" in bitline("show", "xformer").stdout
    assert "Weight matrices" in bitline("show", "llama-2-7b").stdout
    named = bitline("show").stdout
    assert all(f" {name} " in named for name in (*system_names(), *preset_names(), "mi300x"))
    assert "/npu-only-ideal" in named
    assert "one of 16 such devices" in bitline("show", "h100@8x2").stdout


def test_check_counts_what_a_description_rests_on(bitline):
    assert "default is a valid description" in bitline("check", "default").stdout


def test_reproduce_prints_published_beside_ours(bitline):
    text = bitline("reproduce", "xformer").stdout
    assert "published" in text
    assert "119 W" in text
    found = json.loads(bitline("reproduce", "xformer", "--json").stdout)
    assert [one["system"] for one in found["systems"]] == ["xformer"]


@pytest.mark.parametrize(
    "command",
    ["", "run", "estimate", "compare", "serve", "layers", "sweep", "sensitivity", "show", "check", "reproduce"],
)
def test_help_imports_nothing_heavy(command):
    # A command's own help loads pydantic: typer checks options with it.
    heavy = {"numpy", "rich", "torch", "transformers", "plotly", *(() if command else ("pydantic",))}
    program = (
        "import sys, bitline.cli\n"
        "try: bitline.cli.main()\n"
        f"finally: print({heavy!r} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split(), "--help"], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "set()"
    assert "Usage" in done.stdout


def test_a_pipe_that_closes_early_is_no_error():
    program = f"{sys.executable} -c 'from bitline.cli import main; main()' show xformer | head -n 1"
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout == "xformer\n"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--macros", "--all"), ("xformer", "--macros"), ()])
def test_reproduce_asks_for_one_thing(bitline, words):
    done = bitline("reproduce", *words, code=2)
    assert done.stderr.count("\n") == 1
    assert "or else one of --all, --macros and --survey" in done.stderr
    assert all(word in done.stderr for word in words)
