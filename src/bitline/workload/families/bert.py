"""BERT and the models built like it (MiniLM)."""

from __future__ import annotations

from bitline.workload.bert_stack import bert_layer, bert_table
from bitline.workload.config import Config
from bitline.workload.head import MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.rotary_decoder import activation
from bitline.workload.text_encoder import encoder_head, text_encoder

MODEL_TYPES = ("bert",)


def design(config: Config) -> Design:
    """Learned positions, token kinds, norms after the sums."""
    hidden, positions = config.count("hidden_size"), config.count("max_position_embeddings", 512)
    masked = MaskedScores(
        hidden=hidden,
        width=hidden,
        vocabulary=config.count("vocab_size"),
        function=activation(config, "hidden_act", "gelu"),
    )
    layers = Section(name="layers", parts=(bert_layer(config),), repeat=config.layers("num_hidden_layers"))
    head = encoder_head(config, masked, (Pooler(hidden=hidden),))
    return text_encoder(bert_table(config, positions), layers, head, masked, positions)
