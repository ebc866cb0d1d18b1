"""What the encoders of text have in common: the heads their class names stand for."""

from __future__ import annotations

from bitline.errors import not_one_of
from bitline.workload.config import Config
from bitline.workload.head import Classifier, MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.part import Part

HEADS = ("Model", "ForMaskedLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")


def encoder_head(config: Config, masked: MaskedScores, summary: tuple[Part, ...]) -> tuple[Part, ...]:
    """Give the head of the class named in `architectures`; the bare model if none is named.

    `summary` is what the family puts before scores of classes, and what its bare model ends in.
    """
    names = config.names("architectures")
    name = names[0] if names else "Model"
    classes = config.count("num_labels", config.size("id2label") or 2)
    if name.endswith("ForMaskedLM"):
        return (masked,)
    if name.endswith("ForSequenceClassification"):
        return (*summary, Classifier(hidden=masked.hidden, classes=classes))
    if name.endswith("ForTokenClassification"):
        return (Classifier(hidden=masked.hidden, classes=classes, per_token=True),)
    if name.endswith("ForQuestionAnswering"):
        return (Classifier(hidden=masked.hidden, classes=2, per_token=True),)
    if name.endswith("Model"):
        return tuple(part for part in summary if isinstance(part, Pooler) and part.role == "pooler")
    stem = name.partition("For")[0]
    raise not_one_of("architectures", name, [stem + head for head in HEADS], config.where)


def text_encoder(entry: Part, layers: Section, head: tuple[Part, ...], masked: MaskedScores, positions: int) -> Design:
    """Make a design of a token table, one group of layers and a head."""
    sections: tuple[Section, ...] = (Section(name="embedding", parts=(entry,)), layers)
    if head:
        sections += (Section(name="head", parts=head),)
    return Design(
        kind="encoder", layers=layers.repeat, hidden=masked.hidden, vocabulary=masked.vocabulary,
        context_limit=positions, position_rows=positions, sections=sections,
    )  # fmt: skip
