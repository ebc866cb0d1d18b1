"""What a new user gets wrong: each gives one clear message, exit code 2 and nothing half-written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bitline.systems.load import CHIP, FOLDER


def refused(run, *arguments: str, says: str) -> str:
    done = run(*arguments, code=2)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert re.search(says, done.stderr), done.stderr
    return done.stderr


def chip_with(tmp_path: Path, before: str, after: str) -> str:
    text = (FOLDER / "default" / CHIP).read_text()
    assert before in text
    (tmp_path / "mine.yaml").write_text(text.replace(before, after, 1))
    return "mine.yaml"


def test_misspelt_key(bitline, tmp_path):
    path = chip_with(tmp_path, "array: {rows: 128", "array: {rosw: 128")
    says = r"mine\.yaml:\d+: engines\.weights\.array\.rosw is not a known key\. Allowed: .*Nearest: 'rows'"
    refused(bitline, "check", path, says=says)
    refused(bitline, "estimate", "gpt2", "--on", path, says=says)


def test_negative_rows(bitline, tmp_path):
    path = chip_with(tmp_path, "array: {rows: 128", "array: {rows: -128")
    refused(bitline, "check", path, says=r"mine\.yaml:\d+: engines\.weights\.array\.rows = -128 .*")


def test_broken_yaml(process, tmp_path):
    (tmp_path / "mine.yaml").write_text("name: [unclosed\n")
    refused(process, "check", "mine.yaml", says=r"mine\.yaml: not a chip description")


def test_unknown_chip_and_model(bitline):
    refused(bitline, "check", "xfromer", says=r"chip = 'xfromer' is not one of .*Nearest: 'xformer'")
    refused(bitline, "estimate", "lama-2-7b", "--on", "default", says=r"model = 'lama-2-7b' .*Nearest: 'llama-2-7b'")
    refused(bitline, "run", "lama-2-7b", says=r"Nearest: 'llama-2-7b'")
    refused(bitline, "show", "xfromer", says=r"chip or model = 'xfromer' .*Nearest: 'xformer'")
    refused(bitline, "reproduce", "xfromer", says=r"system = 'xfromer' .*Nearest: 'xformer'")
    refused(bitline, "reproduce", says=r"system is missing\. Expected: one of .*xformer")


def test_missing_files(bitline):
    refused(bitline, "check", "none.yaml", says=r"none\.yaml: .*no such file")
    refused(bitline, "estimate", "none/config.json", "--on", "default", says=r"none/config\.json: .*no such file")


def test_two_results_in_one_file(bitline, tmp_path):
    said = r"page\.html: cannot be written: another result goes there"
    refused(bitline, "compare", "gpt2", "--on", "h100", "--report", "page.html", "--table", "./page.html", says=said)
    refused(bitline, "estimate", "gpt2", "--on", "h100", "--report", "page.html", "--trace", "page.html", says=said)
    assert not list(tmp_path.iterdir())


def test_tables_of_nothing(bitline):
    asked = ("layers", "llama-2-7b", "--on", "h100", "--tokens", "512", "--context", "128,256")
    refused(bitline, *asked, says=r"--context = '128,256' is not a list with a number from 512 up")
    refused(bitline, "layers", "gpt2", "--on", "h100", "--context", "2048", says=r"Nearest: 1024 tokens")
    refused(bitline, "layers", "bert-tiny", "--on", "h100", "--context", "9", says="sees its tokens at once")


def test_a_folder_without_a_configuration(bitline, tmp_path):
    (tmp_path / "empty").mkdir()
    refused(bitline, "estimate", "empty", "--on", "h100", says=r"empty: .*no such file as config\.json in this folder")


def test_large_numbers_are_written_so_that_they_can_be_typed(bitline):
    refused(bitline, "estimate", "gpt2", "--on", "h100", "--prompt", "99999999999", says=r"Nearest: 16777216\.")


def test_model_that_does_not_fit(bitline):
    message = refused(bitline, "estimate", "gpt2", "--on", "default", says=r"gpt2 .*does not fit default")
    assert "too few" in message
    assert "schedule.reload: true" in message


def test_unknown_model_type(bitline, tiny):
    tiny.write_text(json.dumps({**json.loads(tiny.read_text()), "model_type": "lama"}))
    refused(
        bitline, "estimate", "tiny", "--on", "default", says=r"model_type = 'lama' is not one of .*Nearest: 'llama'"
    )


def test_configuration_that_is_no_json(bitline, tiny):
    tiny.write_text("{")
    refused(bitline, "estimate", "tiny", "--on", "default", says=r"tiny/config\.json: not .*JSON")


@pytest.mark.parametrize("option", ["--report", "--trace"])
def test_place_that_cannot_be_written_is_told_before_the_work(bitline, tiny, tmp_path, option):
    (tmp_path / "file").write_text("kept")
    # The chip does not exist either: that the file is told first shows that it is tried first.
    says = r"file/page\.html: cannot be written"
    refused(bitline, "estimate", "tiny", "--on", "nowhere", option, "file/page.html", says=says)
    refused(bitline, "run", "tiny", "--on", "nowhere", option, "file/page.html", says=says)
    assert (tmp_path / "file").read_text() == "kept"


def test_nothing_is_written_when_the_work_fails(bitline, tiny, tmp_path):
    refused(bitline, "estimate", "gpt2", "--on", "default", "--report", "page.html", says="does not fit")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["tiny"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--prompt", "0"), r"request\.prompt = 0 is outside 1\.\."),
        (("--batch", "-1"), r"request\.batch = -1 is outside"),
        (("--prompt", "many"), r"Invalid value for '--prompt'.*integer"),
        (("--promt", "3"), r"No such option.*--promt"),
    ],
)
def test_options(bitline, tiny, options, says):
    refused(bitline, "estimate", "tiny", "--on", "default", *options, says=says)


def test_unknown_command(process):
    refused(process, "estimat", says="No such command 'estimat'")
