"""What a model is, as tables: its matrices, and what it keeps while it writes."""

from __future__ import annotations

from bitline.report.grid import Grid, left, right
from bitline.report.headlines import Headline
from bitline.report.units import count, quantity
from bitline.workload import Model, kv_cache_bytes, prefill, weights

BYTES_PER_VALUE = 2
CONTEXT = 2048


def about(model: Model) -> tuple[Headline, ...]:
    """Give the size of a model and of its work."""
    context = min(CONTEXT, model.context_limit or CONTEXT)
    per_token = float(prefill(model, 1, context).macs) / context
    found = [
        Headline("family", model.family, model.design.kind),
        Headline(
            "parameters", count(model.parameters), f"{quantity(BYTES_PER_VALUE * model.parameters, 'B')} in 16 bits"
        ),
        Headline("layers", f"{model.layers:,}", f"{model.hidden:,} values between them"),
        Headline("vocabulary", f"{model.vocabulary:,}" if model.vocabulary else "none"),
        Headline(
            "context", f"{model.context_limit:,}" if model.context_limit else "not stated", "tokens it was made for"
        ),
        Headline("work", f"{count(per_token)}", f"multiply-accumulates per token, in a prompt of {context:,}"),
    ]
    if model.is_decoder:
        kept = float(kv_cache_bytes(model, 1, context, BYTES_PER_VALUE))
        found.append(Headline("keys and values", quantity(kept, "B"), f"at {context:,} tokens, in 16 bits"))
    return tuple(found)


def matrices(model: Model) -> Grid:
    """List the weight matrices a chip would have to hold."""
    rows = tuple(
        (one.block, one.name, one.role, f"{one.k:,} × {one.n:,}", f"{one.held:,}", f"{one.repeat:,}", count(one.values),
         one.tied)
        for one in weights(model)
    )  # fmt: skip
    return Grid(
        title="Weight matrices",
        columns=(
            left("block"), left("operator"), left("role"), right("in × out"), right("held"), right("layers"),
            right("weights"), left("values of"),
        ),
        rows=rows,
        note="The role is what the placement rules of a chip match.",
    )  # fmt: skip
