"""Embedding tables go on the chip where the placement names them, and nowhere else."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForMaskedLM, LlamaConfig, LlamaForCausalLM

from bitline.hardware import Rule
from bitline.numerics.embedding import ProgrammedEmbedding
from bitline.verbs.deploy import deploy
from bitline.verbs.deployment import deployment_of
from bitline.verbs.restore import restore

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
