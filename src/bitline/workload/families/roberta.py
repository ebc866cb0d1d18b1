"""RoBERTa and XLM-RoBERTa: BERT whose position table starts two rows late."""

from __future__ import annotations

from bitline.errors import outside
from bitline.workload.bert_stack import bert_layer, bert_table
from bitline.workload.config import Config
from bitline.workload.head import MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.text_encoder import encoder_head, text_encoder

MODEL_TYPES = ("roberta", "xlm-roberta")


def design(config: Config) -> Design:
    """As BERT; the first two rows of the position table belong to padding."""
    hidden, rows = config.count("hidden_size"), config.count("max_position_embeddings", 514)
    if rows <= 2:
        raise outside("max_position_embeddings", rows, 3, 2**31, "", config.where)
    masked = MaskedScores(hidden=hidden, width=hidden, vocabulary=config.count("vocab_size"), function="gelu")
    layers = Section(name="layers", parts=(bert_layer(config),), repeat=config.layers("num_hidden_layers"))
    names = config.names("architectures") or ("Model",)
    pooled = Pooler(hidden=hidden) if names[0].endswith("Model") else Pooler(hidden=hidden, role="pre_classifier")
    head = encoder_head(config, masked, (pooled,))
    return text_encoder(bert_table(config, rows), layers, head, masked, rows - 2)
