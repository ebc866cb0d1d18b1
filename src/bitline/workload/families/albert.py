"""ALBERT: BERT whose layers all share one set of weights, with a narrow token table."""

from __future__ import annotations

from bitline.errors import wrong_type
from bitline.workload.bert_stack import bert_layer
from bitline.workload.config import Config
from bitline.workload.embedding import Embedding
from bitline.workload.head import MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation
from bitline.workload.text_encoder import encoder_head, text_encoder

MODEL_TYPES = ("albert",)


def design(config: Config) -> Design:
    """One group of shared layers; more groups are not modelled."""
    if config.count("num_hidden_groups", 1) != 1:
        raise wrong_type("num_hidden_groups", config.count("num_hidden_groups"), "1", config.where)
    hidden, width = config.count("hidden_size"), config.count("embedding_size", 128)
    vocabulary, positions = config.count("vocab_size"), config.count("max_position_embeddings", 512)
    table = Embedding(
        vocabulary=vocabulary,
        width=width,
        hidden=hidden,
        positions=positions,
        kinds=config.count("type_vocab_size", 2),
        norm=LAYERNORM,
        projected=True,
        projection_bias=True,
    )
    function = activation(config, "hidden_act", "gelu")
    masked = MaskedScores(hidden=hidden, width=width, vocabulary=vocabulary, function=function)
    layers = Section(name="layers", parts=(bert_layer(config),), repeat=config.layers("num_hidden_layers"), shared=True)
    head = encoder_head(config, masked, (Pooler(hidden=hidden),))
    return text_encoder(table, layers, head, masked, positions)
