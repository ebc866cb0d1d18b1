"""How vectors and matrices are dealt out to banks that each compute on whole rows of their own.

`tokens`: a bank keeps some tokens and everything that is made of them; weights come to it, and what tokens must know
of each other goes round in a ring. Where there are more banks than vectors, some share a vector and part its outputs,
as many as their lanes are filled. `outputs`: banks hold a matrix, as many as it fills, and all vectors come to them
over the bus; where banks are left over, more of them hold it and share the vectors. After the two dataflows of
TransPIM, token-based and layer-based.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.engines.sizes import at_least, at_most
from bitline.engines.tiling import ceil_div
from bitline.operators import MatMul, Size

Dealt = Literal["tokens", "outputs"]
VALUES = "context"
"""The role of products with values: tokens are what they add up over."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one operator asks of banks: of all together, and of the busiest one."""

    rounds: Size
    """Products in every lane of a bank, all banks added up."""
    own_rounds: Size
    """Those of the busiest bank, one after another."""
    own_taken: Size
    """Values written into the busiest bank: weights, or vectors."""
    taken: Size
    own_passed: Size
    """Values that the busiest bank passes on to its neighbour."""
    passed: Size
    bus: Size
    """Values that cross the links of the stacks."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Banks:
    """Banks in stacks, each with so many columns of cells at work at once."""

    banks: int
    stacks: int
    lanes: int
    dealt: Dealt

    def share(self, operator: MatMul, vectors: Size) -> Share:
        """Deal out an operator with so many vectors (some may be masked)."""
        if operator.stationary == "weight":
            return self._tokens(operator, vectors) if self.dealt == "tokens" else self._outputs(operator, vectors)
        return self._pairs(operator, vectors)

    def _tokens(self, operator: MatMul, vectors: Size) -> Share:
        """Bring weights to the tokens; groups of banks share a token where there are banks to spare.

        Of several matrices (experts) a bank takes no more than it has tokens.
        """
        k, n, held = operator.k, operator.n, operator.matrices
        filled = ceil_div(n, at_least(self.lanes // k, 1))
        group = at_most(at_least(self.banks // at_least(vectors, 1), 1), filled)
        outputs = ceil_div(n, group)
        each = ceil_div(k * outputs, self.lanes)
        busy = at_most(vectors, 1)
        groups, own = at_most(vectors, self.banks // group), ceil_div(vectors, self.banks)
        copied = vectors * k * (group - 1)
        return Share(
            rounds=vectors * group * each,
            own_rounds=own * each,
            own_taken=busy * at_most(held, own) * k * outputs,
            taken=at_most(groups * held, vectors) * k * n,
            own_passed=copied / at_least(group * groups, 1),
            passed=copied,
            bus=at_most(at_most(groups, self.stacks) * held, vectors) * k * n,
        )

    def _outputs(self, operator: MatMul, vectors: Size) -> Share:
        """Bring all vectors to the banks that hold the matrix; banks to spare hold it again.

        A vector goes to every stack with part of its matrix, an output leaves one of them.
        """
        k, n, held = operator.k, operator.n, at_least(operator.matrices, 1e-9)
        filled = ceil_div(k * n, self.lanes)
        copies = at_least(self.banks // (filled * held), 1)
        turns = at_least(filled * held / self.banks, 1.0)
        own_rounds = ceil_div(vectors / held, copies) * turns
        inputs = at_most(k, self.lanes)
        return Share(
            rounds=vectors * filled, own_rounds=own_rounds,
            own_taken=own_rounds * inputs, taken=vectors * filled * inputs,
            own_passed=0.0, passed=0.0, bus=vectors * (k * at_most(filled, self.stacks) + n),
        )  # fmt: skip

    def _pairs(self, operator: MatMul, vectors: Size) -> Share:
        """Deal out pairs of tokens: keys and values lie with their tokens; queries, or sums, go to all of a request."""
        requests = at_least(operator.matrices / operator.per_request, 1e-9)
        over_keys = operator.role == VALUES
        keys, width = (operator.k, operator.n) if over_keys else (operator.n, operator.k)
        own_keys = ceil_div(requests * keys, self.banks)
        each = vectors / requests
        ring = at_least(at_most(self.banks / requests, keys), 1)
        by_ring = self.dealt == "tokens"
        return Share(
            rounds=vectors * keys * width / self.lanes, own_rounds=own_keys * each * width / self.lanes,
            own_taken=each * width * ceil_div(requests, self.banks), taken=vectors * width * ring,
            own_passed=by_ring * each * width * ceil_div(requests, self.banks),
            passed=by_ring * vectors * width * (ring - 1),
            bus=(not by_ring) * vectors * (operator.k + operator.n),
        )  # fmt: skip
