"""Matrices and heads cut over the devices of a group.

A product with whole inputs makes part of the outputs on each device; one with parts of its inputs makes partial sums of
all outputs, which are added up between the devices. So one exchange follows a chain of two products. Heads of attention
are dealt out, keys and values with them; where there are fewer of those than devices, several devices keep the same.
So are matrices of heads and of channels. What is normalised as a whole row, or is scored over the vocabulary, is
gathered first, unless the row is narrower than what it is made from: then every device makes all of it.
After Shoeybi et al., Megatron-LM, arXiv 1909.08053 [recalled, unverified].
"""

from __future__ import annotations

from dataclasses import replace
from typing import final

import numpy as np

from bitline.mapping.devices.experts import EXPERT
from bitline.mapping.devices.share import largest_share, rows_of, share
from bitline.operators import Block, Exchange, Gather, MatMul, Operator, Size, Vector, Workload, largest, made

ROUTER = ("router", "shared_router")
KEYS_AND_VALUES = ("k", "v")
ADDS_UP = "weighted_sum"
SCALES = "multiply"
OVER_VOCABULARY = "lm_head"
WRITTEN = "kv_write"
VALUE_BY_VALUE = "affine"
"""Norm that needs nothing of its row."""


def cut(block: Block, devices: int, *, gathers_scores: bool = True, scored_tokens: int | None = None) -> Block:
    """Give what one device does of a block in order; inputs and outputs of the block are whole, scores if gathered.

    `scored_tokens` are those of a request whose scores come together, where that is not its last alone; then rows of
    a table are not added up for a single one.
    """
    if devices == 1:
        return block
    found = _Cut(block, devices, adds_up_rows=scored_tokens != 1).operators()
    last = found[-1]
    if isinstance(last, Exchange) and any(operator.role == OVER_VOCABULARY for operator in found):
        found.pop()
        if gathers_scores:
            found.append(replace(last, elements=last.elements * (scored_tokens or 1)))
    return replace(block, operators=tuple(found))


def uneven_heads(workload: Workload, devices: int) -> dict[tuple[str, str], float]:
    """Give, by block and name, the heads of a mean device over most of them, where devices do not divide the heads."""
    return {
        (block.name, one.name): one.per_request / (devices * -(-one.per_request // devices))
        for block in workload.blocks
        for one in block.operators
        if isinstance(one, MatMul) and one.stationary == "cache" and one.per_request > devices
        and one.per_request % devices
    }  # fmt: skip


@final
class _Cut:
    """Operators of one block, gone through in order."""

    def __init__(self, block: Block, devices: int, *, adds_up_rows: bool = True) -> None:
        self.block, self.devices, self.adds_up_rows = block, devices, adds_up_rows
        self.readers: dict[str, list[Operator]] = {}
        for operator in block.operators:
            for need in operator.after:
                self.readers.setdefault(need, []).append(operator)
        cached = [o for o in block.operators if isinstance(o, MatMul) and o.stationary == "cache"]
        self.cache_ways = min([devices, *(o.per_request for o in cached)])
        self.ways: dict[str, int] = {}
        """Into how many parts the output of an operator is cut."""
        self.partial: dict[str, Size] = {}
        """Widths of outputs that still have to be added up between the devices."""
        self.rows: dict[str, Size] = {}
        """Rows of outputs of which every device has some columns."""
        self.made: list[Operator] = []
        self.renamed: dict[str, str] = {}

    def operators(self) -> list[Operator]:
        for operator in self.block.operators:
            if self._needs_rows(operator):
                self._gather(operator.after)
            ways = max([1, *(self.ways[need] for need in operator.after)])
            partial = [self.partial[need] for need in operator.after if need in self.partial]
            one = operator
            if any(need in self.renamed for need in operator.after):
                one = replace(operator, after=tuple(self.renamed.get(need, need) for need in operator.after))
            found, self.ways[operator.name] = self._one(one, operator, ways)
            self.made.append(found)
            self._note_rows(operator, ways)
            if partial and (isinstance(operator, Exchange) or self._scales(operator)):
                self.partial[operator.name] = partial[0]
            elif partial and isinstance(operator, Vector):
                self._meet(operator, "all_reduce", operator.rows * partial[0])
            elif self._sums(operator, ways):
                self._sum(operator)
            elif self.ways[operator.name] > 1 and not self.readers.get(operator.name) and operator.role != WRITTEN:
                self._meet(operator, "all_gather", made(operator))
        return self.made

    def _sums(self, operator: Operator, ways: int) -> bool:
        """Say whether an operator's output has to be added up between devices."""
        if isinstance(operator, Gather):
            return operator.role == "embedding" and self.adds_up_rows
        return (
            isinstance(operator, MatMul) and operator.stationary == "weight" and ways > 1 and not self._dealt(operator)
        )

    def _sum(self, operator: Operator) -> None:
        if isinstance(operator, MatMul) and self._adds_up(operator):
            # The sum over experts comes first, and is shorter than what goes into it.
            self.partial[operator.name] = operator.n
        else:
            self._meet(operator, "all_reduce", made(operator))

    def _adds_up(self, operator: Operator) -> bool:
        """Say whether what follows is a sum, travels between devices and factors of rows left out."""
        return any(
            self._adds_up(r) if isinstance(r, Exchange) else self._scales(r) or self._is(r, ADDS_UP)
            for r in self.readers.get(operator.name, [])
        )

    def _scales(self, operator: Operator) -> bool:
        """Say whether an operator only scales what is added up behind it, so that parts of sums pass it."""
        return self._is(operator, SCALES) and self._adds_up(operator)

    @staticmethod
    def _is(operator: Operator, function: str) -> bool:
        return isinstance(operator, Vector) and operator.function == function

    def _needs_rows(self, operator: Operator) -> bool:
        """Say whether an operator needs rows of which a device has some columns as a whole."""
        if isinstance(operator, Vector) and operator.role == "norm":
            return operator.function != VALUE_BY_VALUE and any(
                need in self.rows and _alike(operator.rows, self.rows[need]) for need in operator.after
            )
        return operator.role == OVER_VOCABULARY

    def _gather(self, needs: tuple[str, ...]) -> None:
        makers = {operator.name: operator for operator in self.block.operators}
        for need in needs:
            if self.ways[need] > 1:
                self._meet(makers[need], "all_gather", made(makers[need]))

    def _note_rows(self, operator: Operator, ways: int) -> None:
        """Remember the rows of an output that is cut by columns; functions pass them on."""
        if isinstance(operator, MatMul):
            if operator.stationary == "weight" and ways == 1 and not self._dealt(operator):
                self.rows[operator.name] = operator.vectors
        elif isinstance(operator, Vector):
            found = [self.rows[need] for need in operator.after if need in self.rows and self.ways[need] > 1]
            if found and self.ways[operator.name] > 1:
                self.rows[operator.name] = found[0]

    def _meet(self, operator: Operator, how: str, elements: Size) -> None:
        name = f"{operator.name}_{how}"
        self.made.append(Exchange(name=name, role=how, elements=elements, devices=self.devices, after=(operator.name,)))
        self.renamed[operator.name] = name
        self.ways[operator.name] = 1

    def _one(self, one: Operator, operator: Operator, ways: int) -> tuple[Operator, int]:
        """Give one device's share, and into how many parts its output is cut."""
        if isinstance(one, MatMul):
            return self._product(one, operator, ways)
        if isinstance(one, Vector):
            return (
                replace(one, elements=share(one.elements, ways), rows=rows_of(one, ways)) if ways > 1 else one
            ), ways
        if isinstance(one, Gather):
            table = self.devices if operator.role == "embedding" else 1
            return replace(one, elements=share(one.elements, ways), held=share(one.held, table)), ways
        return one, 1

    def _product(self, one: MatMul, operator: Operator, ways: int) -> tuple[MatMul, int]:
        if one.stationary == "cache":
            return self._heads(one), self.devices
        if self._dealt(operator):
            return replace(
                one, vectors=share(one.vectors, self.devices), matrices=largest_share(one.matrices, self.devices),
                held=largest_share(one.held, self.devices),
            ), self.devices  # fmt: skip
        if one.stationary is None:
            return replace(one, vectors=share(one.vectors, ways), matrices=largest_share(one.matrices, ways)), ways
        if ways > 1:
            return replace(one, k=largest_share(one.k, ways)), 1
        if self._stays_whole(operator):
            return one, 1
        parts = self.cache_ways if one.role in KEYS_AND_VALUES else self.devices
        return replace(one, n=largest_share(one.n, parts)), parts

    def _heads(self, one: MatMul) -> MatMul:
        """Give the heads of the device that has most of them; where several keep the same ones, they share queries."""
        parts = min(self.devices, one.per_request)
        heads = int(largest_share(one.per_request, parts))
        queries = one.per_request / heads if self.devices == parts else self.devices
        queries = int(queries) if queries == int(queries) else queries
        return replace(
            one, vectors=share(one.vectors, queries), matrices=share(one.matrices * heads, one.per_request),
            held=share(one.held * heads, one.per_request), per_request=heads,
            vectors_per_token=share(one.vectors_per_token, queries),
        )  # fmt: skip

    def _dealt(self, operator: Operator) -> bool:
        """Say whether there is a matrix for each head, or for each channel."""
        return (
            isinstance(operator, MatMul) and operator.stationary == "weight" and largest(operator.held) > 1
            and not operator.role.startswith(EXPERT)
        )  # fmt: skip

    def _stays_whole(self, operator: Operator) -> bool:
        """Say whether every device makes all outputs: choices of experts, and narrow rows normalised as a whole."""
        if operator.role in ROUTER:
            return True
        return (
            isinstance(operator, MatMul)
            and largest(operator.n) < largest(operator.k)
            and any(
                isinstance(r, Vector) and r.role == "norm" and _alike(r.rows, operator.vectors)
                for r in self.readers.get(operator.name, [])
            )
        )


def _alike(one: Size, other: Size) -> bool:
    """Compare rows; part of a row, as a mean of devices, counts as one."""
    return bool(np.all(np.maximum(one, 1) == np.maximum(other, 1)))
