"""Experts as Qwen's mixtures have them, and which of their layers have experts at all."""

from __future__ import annotations

from bitline.workload.attention import Attention
from bitline.workload.config import Config
from bitline.workload.decoder import by_kind
from bitline.workload.experts import Experts
from bitline.workload.feed_forward import FeedForward
from bitline.workload.layer import Layer
from bitline.workload.norm import RMSNORM
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import activation, gated_feed_forward


def routed_experts(config: Config, *, shared: bool) -> Experts:
    """Read the routed experts and, where the family has it, the gated shared one."""
    hidden, function = config.count("hidden_size"), activation(config, "hidden_act", "silu")
    experts = config.renamed({"num_local_experts": "num_experts"}).count("num_experts")
    beside = None
    if shared:
        inner = config.count("shared_expert_intermediate_size")
        beside = FeedForward(
            hidden=hidden, inner=inner, function=function, gated=True, prefix="shared_", kind="shared_"
        )
    return Experts(
        hidden=hidden,
        inner=config.count("moe_intermediate_size"),
        experts=experts,
        chosen=config.chosen("num_experts_per_tok", experts),
        function=function,
        shared=beside,
        shared_gate=shared,
    )


def dense_and_expert_layers(config: Config, heads: Attention, experts: Experts) -> list[tuple[str, int, Part]]:
    """Give experts to every `decoder_sparse_step`-th layer but those of `mlp_only_layers`."""
    step, dense = config.count("decoder_sparse_step", 1), set(config.numbers("mlp_only_layers"))
    layers = range(config.layers("num_hidden_layers"))
    kinds = ["expert" if index not in dense and (index + 1) % step == 0 else "dense" for index in layers]
    made: dict[str, Part] = {"expert": Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, experts))}
    if "dense" in kinds:
        network = gated_feed_forward(config)
        made["dense"] = Layer(hidden=heads.hidden, norm=RMSNORM, sublayers=(heads, network))
    return by_kind(kinds, made)
