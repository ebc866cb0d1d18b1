"""Gemma 3: five layers with a window for each full one, head norms, and from 4B on a SigLIP vision tower."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind, decoder
from bitline.workload.layer import Layer
from bitline.workload.model import Design, Section
from bitline.workload.norm import RMSNORM
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import attention, gated_feed_forward, layer_kinds, trunk, windowed
from bitline.workload.siglip_tower import siglip_tower

MODEL_TYPES = ("gemma3_text", "gemma3")


def design(config: Config) -> Design:
    """Read the text stack, and the tower with its projection where there is one."""
    if not config.has("text_config"):
        return _text(config, None)
    text = config.section("text_config")
    tower = siglip_tower(config.section("vision_config"))
    bridge = _Bridge(
        rows_per_image=config.count("mm_tokens_per_image", 256),
        hidden=tower.hidden,
        text_hidden=text.count("hidden_size"),
    )
    tower = replace(tower, sections=(*tower.sections, Section(name="bridge", parts=(bridge,))))
    return _text(text, tower)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class _Bridge(Part):
    rows_per_image: int
    hidden: int
    text_hidden: int

    def write(self, page: Page, after: After) -> After:
        rows = page.step.batch * self.rows_per_image
        pooled = page.vector("pool", "average", page.step.rows * self.hidden, after, rows=rows, role="pool")
        row = RMSNORM.write(page, "bridge_norm", self.hidden, pooled, rows=rows)
        return page.linear("bridge", (self.hidden, self.text_hidden), row, rows=rows)


def _text(config: Config, tower: Design | None) -> Design:
    layers, every = config.layers("num_hidden_layers"), config.count("sliding_window_pattern", 6)
    kinds = layer_kinds(
        config, layers, ["sliding_attention" if (i + 1) % every else "full_attention" for i in range(layers)]
    )
    biases = ALL_BIASES if config.flag("attention_bias", False) else ()
    heads = replace(attention(config, head_dim=256, biases=biases), qk_norm=RMSNORM)
    layer = Layer(
        hidden=heads.hidden,
        norm=RMSNORM,
        sublayers=(heads, gated_feed_forward(config, function="gelu")),
        arrangement="around",
    )
    around = replace(trunk(config, tied=True), scaled=True)
    groups = by_kind(kinds, windowed(layer, config.count_unless_null("sliding_window", 4096)))
    return decoder(around, groups, vision=tower)
