"""How busy data keep every matrix of a deployed model, and what that makes of each engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import final

from torch import Tensor, nn

from bitline.errors import outside
from bitline.hardware.activity import USUAL, Activity
from bitline.numerics import Matrix
from bitline.numerics.activity import SAMPLED, MatrixActivity, Watch, sent_codes, watch
from bitline.verbs.deployment import Deployment, deployment_of
from bitline.verbs.evaluate import BATCH
from bitline.verbs.watching import matrices, watched
from bitline.verbs.windows import Tokens


def measure_activity(
    model: nn.Module,
    tokens: Tokens,
    *,
    window: int | None = None,
    batch: int = BATCH,
    sampled: int = SAMPLED,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, MatrixActivity]:
    """Run the digital model over text and gather statistics of the codes that reach each matrix on the chip.

    Inputs are counted over all vectors; sums at converters are those of `sampled` vectors a matrix. Matrices that saw
    none (experts that were never chosen) are left out, and so are attention products, which stand in no matrix.

    Raises:
        ConfigError: the model is not deployed, or `sampled` is no number of vectors.
        DataError: the text is shorter than one window.

    """
    if sampled < 1:
        raise outside("sampled", sampled, 1, float("inf"), "vectors")
    gathering = _Gathering(sampled)
    watched(model, tokens, gathering.see, window=window, batch=batch, progress=progress)
    names = {id(matrix): name for name, matrix in matrices(deployment_of(model)).items()}
    return {names[id(matrix)]: one.activity(matrix) for matrix, one in gathering.watches.values()}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixUse:
    """How busy data keep one matrix, and where it is."""

    name: str
    roles: tuple[str, ...]
    engine: str
    activity: MatrixActivity


def matrix_uses(deployment: Deployment, found: Mapping[str, MatrixActivity]) -> tuple[MatrixUse, ...]:
    """Say of each matrix that saw anything what it computes and where, in the order of the model."""
    # Every set of matrices has its entry in the list, in the same order.
    placed = (one for one in deployment.on_chip if one.shape is not None)
    return tuple(
        MatrixUse(name=name, roles=one.roles, engine=one.engine, activity=found[name])
        for held, one in zip(deployment.held.values(), placed, strict=True)
        for name, _ in held.named()
        if name in found
    )


def reads_per_token(uses: Iterable[MatrixUse]) -> dict[str, float]:
    """Give how often a token reads the most read rows of each engine, on average over the text that was watched."""
    known = list(uses)
    # Experts see some of the tokens only; whatever sees most of them sees all.
    tokens = max((use.activity.vectors for use in known), default=1)
    found: dict[str, float] = {}
    for use in known:
        found[use.engine] = max(found.get(use.engine, 0.0), max(use.activity.reads, default=0) / tokens)
    return found


def engine_activity(uses: Iterable[MatrixUse]) -> dict[str, Activity]:
    """Average over the matrices of each engine, each by the products it makes; engines that saw nothing are left out.

    Cells are averaged by how much they are driven too, so that the energy of an engine is that of its matrices.
    """
    sums: dict[str, list[float]] = {}
    for use in uses:
        one = use.activity
        weight = float(one.vectors * one.shape[0] * one.shape[1])
        driven = weight * one.drive_fraction
        more = (weight, driven, driven * one.driven_cell_fraction, weight * one.toggle_fraction)
        before = sums.get(use.engine, [0.0] * 4)
        sums[use.engine] = [a + b for a, b in zip(before, more, strict=True)]
    return {
        engine: Activity(
            drive_fraction=driven / weight,
            cell_fraction=cells / driven if driven else USUAL.cell_fraction,
            toggle_fraction=toggled / weight,
        )
        for engine, (weight, driven, cells, toggled) in sums.items()
    }


@final
class _Gathering:
    """One watch for each matrix that sees any input."""

    def __init__(self, sampled: int) -> None:
        self.sampled = sampled
        self.watches: dict[int, tuple[Matrix, Watch]] = {}

    def see(self, matrix: Matrix, x: Tensor) -> None:
        """Look at vectors `[rows, k]` on their way to a matrix."""
        if not len(x):
            return
        if id(matrix) not in self.watches:
            self.watches[id(matrix)] = matrix, watch(matrix, self.sampled)
        self.watches[id(matrix)][1].add(sent_codes(matrix, x))
