from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from bitline.hardware import overview_of
from bitline.report import chip_grids, model_grids, name_grids, provenance_grids, table
from bitline.report.grid import Grid, left, right
from bitline.report.headlines import headlines
from bitline.report.table import summary
from bitline.report.terminal import WIDTH, drawn, plain
from bitline.systems import chip_names, load_chip
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.workload import load_model


def test_says_the_figures_of_the_estimate(cost):
    text = table(cost)
    assert "tiny on default" in text
    assert "batch 2, 16 tokens in, 8 out" in text
    for component in ("weights.adc", "memory.buffer"):
        assert component in text
    assert all(warning.split()[0] in text for warning in cost.warnings)


@pytest.mark.parametrize(
    ("model", "chip"), [("bert-base-uncased", "xformer"), ("llama-2-7b", "h100-sxm"), ("deepseek-v2-lite", "h100-sxm")]
)
def test_fits_the_terminal_and_cuts_nothing_off(model, chip):
    text = table(estimate(model, chip, Request(prompt=64, generate=0 if "bert" in model else 16)))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" not in text


@pytest.mark.parametrize(
    ("model", "chip"), [("bert-base-uncased", "xformer"), ("llama-2-7b", "h100-sxm"), ("gpt2", "cambricon-llm-s")]
)
def test_a_narrow_terminal_gets_fewer_columns_not_cut_numbers(model, chip):
    file = io.StringIO()
    console = Console(file=file, width=80, no_color=True, force_terminal=False)
    for part in summary(estimate(model, chip, Request(prompt=64, generate=0 if "bert" in model else 16))):
        console.print(part)
    assert max(map(len, file.getvalue().splitlines())) <= 80
    assert "…" not in file.getvalue()


def test_spare_columns_go_from_the_last_on_and_are_named():
    columns = (left("a"), right("b", spare=True), left("c"), right("d", spare=True))
    grid = Grid(title="t", columns=columns, rows=(("1", "2", "3", "4"),), note="Read.")
    assert [column.name for column in grid.narrower(1).columns] == ["a", "b", "c"]
    assert grid.narrower(2).rows == (("1", "3"),)
    assert grid.narrower(2).note == "Read. Not shown, as the terminal is narrow: b, d."


@pytest.mark.parametrize("name", chip_names())
def test_every_chip_can_be_shown_whole(name):
    chip = load_chip(name)
    seen = overview_of(chip)
    grids = (
        chip_grids.capacity(seen), chip_grids.memories(chip, seen), chip_grids.parts(seen), chip_grids.sources(seen),
        provenance_grids.standing(seen.tally), provenance_grids.facts(seen.facts),
    )  # fmt: skip
    text = plain(drawn(grid) for grid in grids)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" not in text
    assert sum(engine.name in text for engine in seen.engines) == len(seen.engines)


def test_other_processors_are_what_the_list_says():
    names = [row[0] for row in name_grids.processors().rows]
    assert {"h100-sxm", "mi300x", "i9-13900k"} <= set(names)
    for name in names:
        board = load_chip(name).engines["gpu"]
        assert board.kernel_overhead_s == 0
        assert not board.kernels
        assert (board.compute_efficiency_fraction, board.bandwidth_efficiency_fraction) == (0.8, 0.85)


def test_memories_are_shown_with_room_and_speed():
    chip = load_chip("neupims")
    grid = chip_grids.memories(chip, overview_of(chip))
    # Four stacks of 8 GiB and 256 GB/s each; 1.57 pJ for a bit of an open row, and 828 pJ to open one of 8 Kbit.
    ((name, kind, room, speed, a_bit, _, leakage),) = grid.rows
    assert (name, kind, room, speed) == ("hbm", "hbm2 × 4", "34.4 GB", "1.02 TB/s")
    assert 1.5 < float(a_bit.removesuffix(" pJ")) < 4
    assert leakage.endswith(" W")
    assert "memory.hbm" in plain([drawn(chip_grids.sources(overview_of(chip)))])


def test_a_model_is_shown_with_all_its_matrices():
    model = load_model("mixtral-8x7b")
    text = plain([drawn(model_grids.matrices(model))])
    assert "router" in text
    assert [one.value for one in model_grids.about(model) if one.name == "parameters"] == ["46.7 billion"]


def test_names_in_brackets_are_not_markup(hostile):
    assert "[bold]&amp;" in table(hostile).replace("\n", "")


def test_a_board_has_neither_range_nor_area():
    told = {one.name: one for one in headlines(estimate("gpt2", "h100@8", Request(prompt=8, generate=4)))}
    assert told["area"].value == "not known"
    assert told["energy"].note.startswith("no range known; 100% leaks")
    assert re.fullmatch(r"0\.\d+ tokens per joule", told["energy per token"].note)
