"""Find the ranges of converters and inputs from example text, keep them in a file, and put them back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import nn

from bitline.errors import ConfigError, listed, unreadable
from bitline.numerics import Matrix
from bitline.numerics.misfit import misfit
from bitline.numerics.modules.key_order import KeyOrder
from bitline.verbs.calibration_file import Kept, read_calibrations, write_calibrations
from bitline.verbs.calibration_origin import Origin
from bitline.verbs.deployment import deployment_of
from bitline.verbs.evaluate import BATCH
from bitline.verbs.watching import matrices, watched
from bitline.verbs.windows import Tokens


def calibrate(model: nn.Module, tokens: Tokens, *, window: int | None = None, batch: int = BATCH) -> tuple[str, ...]:
    """Run the digital model over example tokens while every matrix on the chip watches its inputs, then fix ranges.

    Gives the names of matrices that saw no input (experts that were never chosen); they keep what they had.

    Raises:
        ConfigError: the model is not deployed.
        DataError: the text is shorter than one window.

    """
    deployment = deployment_of(model)
    with _measuring(deployment.measured_orders.values()):
        watched(model, tokens, Matrix.observe, window=window, batch=batch)
    unseen = []
    for name, matrix in matrices(deployment).items():
        before = matrix.calibration
        matrix.settle()
        if matrix.calibration is before:
            unseen.append(name)
    unseen += [name for name, order in deployment.measured_orders.items() if not order.settle()]
    return tuple(unseen)


def save_calibration(model: nn.Module, path: str | Path) -> None:
    """Write the ranges of a deployed model to a safetensors file, exactly, with what they were found for.

    Raises:
        ConfigError: the model is not deployed, or was never calibrated.
        DataError: the file cannot be written.

    """
    deployment = deployment_of(model)
    known = {name: matrix.calibration for name, matrix in matrices(deployment).items()}
    sizes = {name: order.sizes for name, order in deployment.measured_orders.items()}
    kept = Kept(
        calibrations={name: one for name, one in known.items() if one is not None},
        key_sizes={name: one for name, one in sizes.items() if one is not None},
    )
    if not kept.calibrations and not kept.key_sizes:
        raise ConfigError("nothing to save: the model was not calibrated. Call calibrate(model, tokens) first.")
    write_calibrations(path, Origin.of(deployment), kept)


def load_calibration(model: nn.Module, path: str | Path) -> None:
    """Use the ranges of a file from now on; the model must be deployed as it was when they were saved.

    Everything is checked before anything changes.

    Raises:
        ConfigError: the model is not deployed, or otherwise: on another chip, with another seed or plan, or with
            any field of the description changed that decides results.
        DataError: the file is not a calibration of this model.

    """
    deployment = deployment_of(model)
    origin, kept = read_calibrations(path)
    origin.refuse(path, Origin.of(deployment))
    programmed, orders = matrices(deployment), deployment.measured_orders
    unknown = {*kept.calibrations} - programmed.keys() | ({*kept.key_sizes} - orders.keys())
    if unknown:
        raise unreadable(path, "a calibration of this model", f"the model has no {listed(unknown, 4)}")
    for name, calibration in kept.calibrations.items():
        why = misfit(calibration, programmed[name])
        if why is not None:
            raise unreadable(path, "a calibration of this model", f"{name}: {why}")
        programmed[name].refuse_calibration(calibration, name)
    for name, calibration in kept.calibrations.items():
        programmed[name].calibrate(calibration)
    for name, sizes in kept.key_sizes.items():
        orders[name].use(sizes)


@contextmanager
def _measuring(orders: Collection[KeyOrder]) -> Iterator[None]:
    for order in orders:
        order.observing = True
    try:
        yield
    finally:
        for order in orders:
            order.observing = False
