"""Run the digital model over example text while every matrix on the chip watches its inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from torch import Tensor, nn

from bitline.hardware import Floating
from bitline.numerics import Matrix
from bitline.numerics.let_go import first_present
from bitline.numerics.modules.attention import PRODUCTS
from bitline.verbs.deployment import Deployment, deployment_of
from bitline.verbs.evaluate import BATCH, quiet
from bitline.verbs.windows import Tokens, batches, usual_window, windows


def watched(
    model: nn.Module,
    tokens: Tokens,
    observer: Callable[[Matrix, Tensor], object],
    *,
    window: int | None = None,
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Tell `observer` of every matrix and the vectors `[rows, k]` that reach it; `progress`, of windows done.

    Raises:
        ConfigError: the model is not deployed.
        DataError: the text is shorter than one window.

    """
    deployment = deployment_of(model)
    cut = windows(tokens, usual_window(model) if window is None else window)
    device = first_present(model.parameters()).device
    done = 0
    with quiet(model), _observing(deployment, observer):
        for group, tokens_together, mask in batches(cut, batch):
            # Padding would be watched like any input, so unequal windows go one by one.
            together = [tokens_together] if bool(mask.all()) else [one.tokens[None] for one in group]
            for part in together:
                model(part.to(device))
            done += len(group)
            if progress is not None:
                progress(done, len(cut))


def matrices(deployment: Deployment) -> dict[str, Matrix]:
    """Give every programmed matrix by its name."""
    return dict(pair for held in deployment.held.values() for pair in held.named())


@contextmanager
def _observing(deployment: Deployment, observer: Callable[[Matrix, Tensor], object]) -> Iterator[None]:
    attention = [change for change in deployment.changes if change.attribute == PRODUCTS]
    for change in attention:
        setattr(change.module, PRODUCTS, replace(change.deployed, scores=Floating(), context=Floating()))
    for held in deployment.held.values():
        held.observing, held.observer = True, observer
    try:
        yield
    finally:
        for change in attention:
            setattr(change.module, PRODUCTS, change.deployed)
        for held in deployment.held.values():
            held.observing, held.observer = False, Matrix.observe
