"""DistilBERT: BERT with half the layers, no token kinds and no pooler."""

from __future__ import annotations

from bitline.workload.bert_stack import bert_layer
from bitline.workload.config import Config
from bitline.workload.embedding import Embedding
from bitline.workload.head import MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.norm import LAYERNORM
from bitline.workload.rotary_decoder import activation
from bitline.workload.text_encoder import encoder_head, text_encoder

MODEL_TYPES = ("distilbert",)

_SPELLING = {
    "dim": "hidden_size",
    "n_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "hidden_dim": "intermediate_size",
    "activation": "hidden_act",
}


def design(config: Config) -> Design:
    """As BERT under other names; classes go through one more matrix and relu."""
    config = config.renamed(_SPELLING)
    hidden, vocabulary = config.count("hidden_size"), config.count("vocab_size")
    positions = config.count("max_position_embeddings", 512)
    table = Embedding(vocabulary=vocabulary, width=hidden, hidden=hidden, positions=positions, norm=LAYERNORM)
    function = activation(config, "hidden_act", "gelu")
    masked = MaskedScores(hidden=hidden, width=hidden, vocabulary=vocabulary, function=function)
    layers = Section(name="layers", parts=(bert_layer(config),), repeat=config.layers("num_hidden_layers"))
    summary = Pooler(hidden=hidden, role="pre_classifier", function="relu")
    return text_encoder(table, layers, encoder_head(config, masked, (summary,)), masked, positions)
