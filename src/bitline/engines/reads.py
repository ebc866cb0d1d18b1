"""How often kernels of one sort read what they multiply with, and lookups that are counted as products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.engines.sizes import at_least, at_most, rounded_up
from bitline.hardware.quantity import Count
from bitline.operators import Gather, MatMul, Size

ALMOST = 1e-9
"""Taken off before rounding up, for sizes that were divided."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What products read and write through memory; matrices pass once and all values do if nothing is said."""

    scores_stay: bool = False
    """Scores stay on chip between both products of attention: no kernel writes or reads them."""
    block_tokens: Count | None = None
    """Tokens of a request whose queries stay on chip while keys and values pass; for further ones these pass again."""
    block_of_head: bool = False
    """As many tokens are such a block as a head is wide, whatever `block_tokens` says."""
    each_head: bool = False
    """Keys and values pass once for every query head, also where several share them."""
    keys_or_values: bool = False
    """Keys or values are counted, not both, and no outputs but scores: both products are taken for one kernel."""
    queries_as_keys: bool = False
    """Of a prompt's queries as many are counted as keys, also where several heads share those."""
    one_token_rows: Count | None = None
    """Of experts as many are read as one token is sent to, however many a batch of up to so many tokens hits."""

    def times(self, operator: MatMul) -> Size:
        """Give how often the matrices that vectors hit are read."""
        if operator.stationary == "cache":
            heads, tokens = _heads_and_tokens(operator)
            wide = operator.n if operator.role == "context" else operator.k
            block = wide if self.block_of_head else self.block_tokens
            times = 1 if block is None else rounded_up(tokens / block - ALMOST)
            return at_least(times, 1) * (heads if self.each_head else 1) * (0.5 if self.keys_or_values else 1)
        if self.one_token_rows is None:
            return 1
        once = at_most(operator.vectors_per_token / at_least(operator.matrices, ALMOST), 1)
        return 1 - (1 - once) * (operator.vectors <= self.one_token_rows * operator.vectors_per_token)

    def passing(self, operator: MatMul, vectors: Size) -> tuple[Size, Size]:
        """Give the values that are read as inputs and written as outputs of so many vectors."""
        read, written = vectors * operator.k, vectors * operator.n
        if self.queries_as_keys and operator.role == "scores":
            heads, tokens = _heads_and_tokens(operator)
            read = read / (1 + (heads - 1) * (tokens > 1 + ALMOST))
        if self.keys_or_values and operator.role == "context":
            written = 0
        if not self.scores_stay:
            return read, written
        return 0 if operator.role == "context" else read, 0 if operator.role == "scores" else written


def _heads_and_tokens(operator: MatMul) -> tuple[Size, Size]:
    """Give the query heads that share keys or values, and the tokens of a request."""
    heads = at_least(operator.vectors_per_token / operator.per_request, 1)
    return heads, operator.vectors / at_least(operator.matrices * heads, ALMOST)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A lookup counted as the product that it is: of rows that are one once and zero elsewhere with a whole table."""

    products: Count = 1
    """That are counted for one lookup."""
    many_rows: Count | None = None
    """From so many rows on, as of a prompt, `many_products` are counted."""
    many_products: Count = 1

    def times(self, operator: Gather) -> tuple[Size, Size]:
        """Give the rows that meet the table, and how often the table is read; none where there is no table."""
        if not operator.width or not operator.held:
            return 0, 0
        rows = operator.elements / operator.width
        products: Size = self.products
        if self.many_rows is not None:
            products = products + (self.many_products - self.products) * (rows >= self.many_rows)
        return products * rows, products
