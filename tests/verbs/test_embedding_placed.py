"""Embedding tables go on the chip where the placement names them, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM, LlamaConfig, LlamaForCausalLM

from bitline.engines.crossbar import Crossbar
from bitline.engines.systolic import Systolic
from bitline.engines.vector import VectorLanes
from bitline.errors import CapacityError, ConfigError
from bitline.hardware import Adc, Array, Cell, Chip, Hierarchy, InputFormat, Memory, Rule, Technology, WeightFormat
from bitline.numerics.modules.embedding import ProgrammedEmbedding
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.estimate import estimate
from bitline.verbs.request import Request
from bitline.verbs.restore import restore
from bitline.workload import model_from_config

SMALL = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 48}
NAMED = (Rule(operators=("embedding",), engine="weights"),)


def llama(**changes):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**{**SMALL, "vocab_size": 61, **changes})).eval()


def tokens() -> torch.Tensor:
    return torch.randint(3, 61, (2, 9), generator=torch.Generator().manual_seed(1))


def test_a_rule_for_everything_leaves_tables_digital(chip_of, integers):
    model = deploy(llama(), chip_of(integers(8)))
    assert type(model.model.embed_tokens) is nn.Embedding
    assert not [part for part in deployment_of(model).on_chip if "embed" in part.module]
    assert not [part for part in deployment_of(model).digital if "embed" in part.module]


@torch.no_grad()
@pytest.mark.parametrize("tied", [False, True])
def test_a_named_table_is_read_from_the_chip_and_ties_stay(chip_of, integers, tied):
    model = llama(tie_word_embeddings=tied)
    wanted = model(tokens()).logits
    plain = deploy(model, chip_of(integers(4)))(tokens()).logits
    deploy(model, chip_of(integers(4), rules=NAMED))
    assert isinstance(model.model.embed_tokens, ProgrammedEmbedding)
    assert (model.lm_head.weight is model.model.embed_tokens.weight) == tied
    part = next(part for part in deployment_of(model).on_chip if part.module == "model.embed_tokens")
    assert (part.roles, part.engine, part.shape) == (("embedding",), "weights", (61, 32))
    found = model(tokens()).logits
    assert not torch.equal(found, plain)
    assert torch.equal(model(tokens()[:1]).logits, found[:1])
    assert torch.equal(restore(model)(tokens()).logits, wanted)
    assert type(model.model.embed_tokens) is nn.Embedding


def priced(tiles: int) -> Chip:
    arrays = Crossbar(
        cell=Cell(technology="reram", bits=2), array=Array(rows=16, columns=64), adc=Adc(bits=8),
        hierarchy=Hierarchy(tiles=tiles),
    )  # fmt: skip
    lanes = VectorLanes(lanes=4, clock_hz=1e9, products=True)
    rules = (Rule(operators=("embedding", "lm_head"), engine="arrays"), Rule(operators=("*",), engine="lanes"))
    return Chip(
        name="small", technology=Technology(node_nm=22), engines={"arrays": arrays, "lanes": lanes}, placement=rules
    )


@pytest.mark.parametrize("tied", [False, True])
def test_a_chip_that_names_its_tables_is_priced_and_deployed_alike(tied):
    model = llama(tie_word_embeddings=tied)
    design = model_from_config(model.config.to_dict(), "small")
    # 61 rows of 32 values on arrays of 16 rows and 64 columns, 4 cells a value: 4 tiles, each 2 arrays wide.
    alone = estimate(design, priced(64), Request(prompt=9))
    looked = next(one for one in alone.operators if one.name == "embedding")
    assert (looked.engine, looked.units, looked.macs) == ("arrays", 8, 0)
    head = 2 * 4
    assert next(one for one in alone.engines if one.name == "arrays").units_used == 8 + (0 if tied else head)
    assert any("readable by rows and by columns" in one for one in alone.warnings) == tied
    assert not any("tables in no memory" in one for one in alone.warnings)
    deploy(model, priced(64))
    found = {part.module: part for part in deployment_of(model).on_chip}
    assert found.keys() == {"model.embed_tokens", "lm_head"}
    held = deployment_of(model).held["model.embed_tokens"]
    assert [one.engine for one in found.values()] == ["arrays"] * 2
    assert len(held.matrices) * 2 == looked.units


def test_a_table_on_an_engine_without_lookups_is_refused_by_both():
    lanes = VectorLanes(lanes=4, clock_hz=1e9, products=True)
    grid = Systolic(
        rows=8, columns=8, clock_hz=1e9, memory="dram", weight=WeightFormat(bits=8), input=InputFormat(bits=8)
    )
    rules = (Rule(operators=("embedding", "lm_head"), engine="grid"), Rule(operators=("*",), engine="lanes"))
    memory = Memory(kind="dram", capacity_bytes=2**30, bandwidth_bytes_per_s=1e10)
    chip = Chip(
        name="small", technology=Technology(node_nm=22), engines={"grid": grid, "lanes": lanes}, placement=rules,
        memories={"dram": memory},
    )  # fmt: skip
    model = llama()
    for refused in (
        lambda: estimate(model_from_config(model.config.to_dict(), "small"), chip, Request(prompt=9)),
        lambda: deploy(model, chip),
    ):
        with pytest.raises(ConfigError, match=r"puts 'embedding' \(.*\) on engine 'grid' \(systolic\), which cannot"):
            refused()


def test_energy_of_a_lookup_is_that_of_the_parts_it_uses():
    model = model_from_config({"model_type": "llama", "num_key_value_heads": 4, **SMALL, "vocab_size": 61}, "small")
    chip = priced(64)
    looked = next(one for one in estimate(model, chip, Request(prompt=9)).operators if one.name == "embedding")
    joule = {part.name: part.energy_j.typical for part in chip.engines["arrays"].parts(chip)}
    conversions, cells = 9 * 32 * 4, 9 * 32 * 4 / (16 * 64)
    wanted = cells * joule["cells"] + 9 * 2 * joule["dac"] + 9 * 8 * 2 * joule["input_register"]
    wanted += conversions * (joule["sample_hold"] + joule["adc"] + joule["shift_add"])
    assert looked.energy_j == pytest.approx(wanted + 9 * 32 * 16 * joule["output_register"])


def test_scores_of_distances_are_looked_up_on_arrays_and_added_elsewhere():
    shape = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 1, "num_heads": 4, "vocab_size": 61}
    model = model_from_config({"model_type": "t5", "relative_attention_num_buckets": 20, **shape}, "small")
    chip = priced(64)
    chip = replace(chip, placement=(Rule(operators=("position",), engine="arrays"), *chip.placement))
    found = estimate(model, chip, Request(prompt=9)).operators
    assert {one.units for one in found if one.name == "position"} == {2}
    assert {one.engine for one in found if one.name.endswith("score_add")} == {"lanes"}


def test_a_table_that_does_not_fit_is_refused():
    model = model_from_config({"model_type": "llama", "num_key_value_heads": 4, **SMALL, "vocab_size": 610}, "small")
    with pytest.raises(CapacityError, match="has 100 arrays and the 39,040 weights placed on it need 156"):
        estimate(model, priced(100), Request(prompt=9))


def test_positions_and_kinds_are_roles_of_their_own(chip_of, integers):
    model = BertForMaskedLM(BertConfig(**SMALL, vocab_size=61, max_position_embeddings=32)).eval()
    rules = (Rule(operators=("position", "token_kind"), engine="weights"),)
    deploy(model, chip_of(integers(8), rules=rules))
    names = {part.module for part in deployment_of(model).on_chip if "embeddings" in part.module}
    assert names == {"bert.embeddings.position_embeddings", "bert.embeddings.token_type_embeddings"}


def test_a_table_that_scales_is_listed_as_digital(chip_of, integers):
    class Scaled(nn.Embedding):
        def forward(self, numbers):
            return super().forward(numbers) * 3

    model = llama()
    model.model.embed_tokens = Scaled(61, 32)
    deploy(model, chip_of(integers(8), rules=NAMED))
    why = next(part.why for part in deployment_of(model).digital if part.module == "model.embed_tokens")
    assert why == "Scaled does more in its forward than a lookup"
