"""MobileBERT: layers narrowed to 128 values between wide rows, four small networks in each, no real norms.

Queries and keys come from one narrowed copy of the rows, values from the wide rows, and the sums run over a second
narrowed copy; the last network widens again (as transformers 5.23 computes it, modeling_mobilebert.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.workload.config import Config
from bitline.workload.embedding import Embedding
from bitline.workload.feed_forward import FeedForward
from bitline.workload.head import MaskedScores, Pooler
from bitline.workload.model import Design, Section
from bitline.workload.narrow_attention import NarrowAttention
from bitline.workload.norm import LAYERNORM, Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import activation
from bitline.workload.text_encoder import encoder_head, text_encoder

MODEL_TYPES = ("mobilebert",)


def design(config: Config) -> Design:
    """Read the published arrangement of bottlenecks; others are not modelled."""
    config.require("use_bottleneck", True)
    config.require("use_bottleneck_attention", False)
    config.require("key_query_shared_bottleneck", True)
    norm = Norm(function="affine", bias=True)
    if config.choice("normalization_type", ("no_norm", "layer_norm"), "no_norm") == "layer_norm":
        norm = LAYERNORM
    hidden, width = config.count("hidden_size"), config.count("embedding_size", 128)
    vocabulary, positions = config.count("vocab_size"), config.count("max_position_embeddings", 512)
    trigram = config.flag("trigram_input", True)
    table = Embedding(
        vocabulary=vocabulary,
        width=width,
        hidden=hidden,
        positions=positions,
        position_width=hidden,
        kinds=config.count("type_vocab_size", 2),
        neighbours=3 if trigram else 1,
        norm=norm,
        projected=trigram or width != hidden,
        projection_bias=True,
    )
    function = activation(config, "hidden_act", "relu")
    masked = MaskedScores(hidden=hidden, width=width, vocabulary=vocabulary, function=function, extra=hidden - width)
    layers = Section(name="layers", parts=(_layer(config, norm),), repeat=config.layers("num_hidden_layers"))
    summary: tuple[Part, ...] = (Pooler(hidden=hidden),) if config.flag("classifier_activation", True) else ()
    return text_encoder(table, layers, encoder_head(config, masked, summary), masked, positions)


def _layer(config: Config, norm: Norm) -> Part:
    hidden, narrow = config.count("hidden_size"), config.count("intra_bottleneck_size", 128)
    networks = tuple(
        FeedForward(
            hidden=narrow,
            inner=config.count("intermediate_size"),
            function=activation(config, "hidden_act", "relu"),
            biases=True,
            prefix=f"network{number}_",
        )
        for number in range(1, config.count("num_feedforward_networks", 4) + 1)
    )
    heads = config.dividing("num_attention_heads", narrow, "intra_bottleneck_size")
    attention = NarrowAttention(hidden=hidden, narrow=narrow, heads=heads)
    return _Bottleneck(hidden=hidden, narrow=narrow, norm=norm, attention=attention, networks=networks)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class _Bottleneck(Part):
    hidden: int
    narrow: int
    norm: Norm
    attention: NarrowAttention
    networks: tuple[FeedForward, ...]

    def write(self, page: Page, after: After) -> After:
        row = self._narrowed(page, "bottleneck", after)
        shared = self._narrowed(page, "attention_bottleneck", after)
        output = self.attention.write_from(page, shared, after)
        row = self._summed(page, "attention", output, row)
        for network in self.networks:
            row = self._summed(page, network.prefix.rstrip("_"), network.write(page, row), row)
        wide = page.linear("widen", (self.narrow, self.hidden), row, bias=True)
        wide = page.residual("widen_add", self.hidden, wide + after)
        return self.norm.write(page, "widen_norm", self.hidden, wide)

    def _narrowed(self, page: Page, name: str, after: After) -> After:
        row = page.linear(name, (self.hidden, self.narrow), after, role="bottleneck", bias=True)
        return self.norm.write(page, f"{name}_norm", self.narrow, row)

    def _summed(self, page: Page, name: str, output: After, row: After) -> After:
        total = page.residual(f"{name}_add", self.narrow, output + row)
        return self.norm.write(page, f"{name}_norm", self.narrow, total)
