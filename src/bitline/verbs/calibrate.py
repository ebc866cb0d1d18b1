"""Find the ranges of converters and inputs from example text, keep them in a file, and put them back."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bitline.errors import ConfigError, DataError, listed, unreadable
from bitline.numerics import Calibration, Fitted, Matrix
from bitline.numerics.modules.key_order import KeyOrder
from bitline.numerics.plans.moments import ErrorMoments, Response
from bitline.verbs.deployment import Deployment, deployment_of
from bitline.verbs.evaluate import BATCH
from bitline.verbs.watching import matrices, watched
from bitline.verbs.windows import Tokens

_KEY_SIZES = "key_sizes"
"""The part of a file that holds the sizes of an attention module's key channels."""


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
    """Write the ranges of a deployed model to a safetensors file, exactly.

    Raises:
        ConfigError: the model is not deployed, or was never calibrated.
        DataError: the file cannot be written.

    """
    deployment = deployment_of(model)
    tensors = {
        f"{name}|{part}": tensor
        for name, matrix in matrices(deployment).items()
        if matrix.calibration is not None
        for part, tensor in _parts(matrix.calibration)
    }
    orders = deployment.measured_orders.items()
    tensors |= {f"{name}|{_KEY_SIZES}": order.sizes for name, order in orders if order.sizes is not None}
    if not tensors:
        raise ConfigError("nothing to save: the model was not calibrated. Call calibrate(model, tokens) first.")
    try:
        save_file(tensors, path, metadata={"bitline": json.dumps(_origin(deployment))})
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: cannot be written: {error}") from error


def load_calibration(model: nn.Module, path: str | Path) -> None:
    """Use the ranges of a file from now on; the model must be deployed as it was when they were saved.

    Raises:
        ConfigError: the model is not deployed, or on another chip, with another seed or plan.
        DataError: the file is not a calibration of this model.

    """
    deployment = deployment_of(model)
    origin, tensors = _read(path)
    if origin != _origin(deployment):
        raise ConfigError(f"{path}: is a calibration for {origin}, but the model is deployed as {_origin(deployment)}.")
    programmed = matrices(deployment)
    named: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, part = key.rpartition("|")
        named.setdefault(name, {})[part] = tensor
    orders = deployment.measured_orders
    sizes = {name: named.pop(name)[_KEY_SIZES] for name in [*named] if _KEY_SIZES in named[name] and name in orders}
    unknown = named.keys() - programmed.keys()
    if unknown:
        raise unreadable(path, "a calibration of this model", f"the model has no {listed(unknown, 4)}")
    calibrations = {name: _calibration(path, name, parts) for name, parts in named.items()}
    for name, calibration in calibrations.items():
        programmed[name].calibrate(calibration)
    for name, found in sizes.items():
        orders[name].use(found)


@contextmanager
def _measuring(orders: Collection[KeyOrder]) -> Iterator[None]:
    for order in orders:
        order.observing = True
    try:
        yield
    finally:
        for order in orders:
            order.observing = False


def _origin(deployment: Deployment) -> dict[str, str]:
    return {"chip": deployment.chip.name, "seed": str(deployment.seed), "plan": deployment.plan}


def _parts(calibration: Calibration) -> Iterator[tuple[str, Tensor]]:
    yield "input_scale", torch.tensor(calibration.input_scale, dtype=torch.float64)
    if calibration.row_scale is not None:
        yield "row_scale", calibration.row_scale.cpu().contiguous()
    for index, fitted in enumerate(calibration.fitted):
        yield f"{index}.fitted", torch.tensor(True)
        if fitted.ranges is not None:
            yield f"{index}.ranges", fitted.ranges.cpu().contiguous()
        if fitted.error is not None:
            yield f"{index}.error_mean", fitted.error.mean.cpu().contiguous()
            yield f"{index}.error_variance", fitted.error.variance.cpu().contiguous()
            yield f"{index}.error_response", torch.tensor(astuple(fitted.error.response), dtype=torch.float64)
        if fitted.affine is not None:
            yield f"{index}.affine_scale", fitted.affine[0].cpu().contiguous()
            yield f"{index}.affine_offset", fitted.affine[1].cpu().contiguous()


def _calibration(path: str | Path, name: str, parts: Mapping[str, Tensor]) -> Calibration:
    if "input_scale" not in parts:
        raise unreadable(path, "a calibration", f"{name} is incomplete")
    fitted: list[Fitted] = []
    while f"{len(fitted)}.fitted" in parts:
        fitted.append(_fitted(path, name, len(fitted), parts))
    return Calibration(input_scale=parts["input_scale"].item(), row_scale=parts.get("row_scale"), fitted=tuple(fitted))


def _fitted(path: str | Path, name: str, index: int, parts: Mapping[str, Tensor]) -> Fitted:
    def both(first: str, second: str) -> tuple[Tensor, Tensor] | None:
        one, two = parts.get(f"{index}.{first}"), parts.get(f"{index}.{second}")
        if (one is None) != (two is None):
            raise unreadable(path, "a calibration", f"{name} is incomplete")
        return None if one is None or two is None else (one, two)

    error, response = both("error_mean", "error_variance"), parts.get(f"{index}.error_response")
    if error is not None and response is None:
        raise unreadable(path, "a calibration", f"{name} is incomplete")
    return Fitted(
        ranges=parts.get(f"{index}.ranges"),
        error=None if error is None or response is None else ErrorMoments(*error, Response(*response.tolist())),
        affine=both("affine_scale", "affine_offset"),
    )


def _read(path: str | Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            origin = json.loads((file.metadata() or {}).get("bitline", "null"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise unreadable(path, "a calibration", str(error)) from error
    if not isinstance(origin, dict):
        raise unreadable(path, "a calibration", "it does not say for which chip")
    return origin, tensors
