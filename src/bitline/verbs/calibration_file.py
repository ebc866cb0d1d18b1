"""The file of a calibration: safetensors, one tensor for each part, and in its header what it is for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any, final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bitline.errors import DataError, unreadable
from bitline.numerics import Calibration, Fitted
from bitline.numerics.plans.moments import ErrorMoments, Response
from bitline.verbs.calibration_origin import Origin

_KEY_SIZES = "key_sizes"
"""The part of a file that holds the sizes of an attention module's key channels."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a file holds."""

    calibrations: Mapping[str, Calibration]
    """By the name of the matrix."""
    key_sizes: Mapping[str, Tensor]
    """By the name of the attention module."""


def write_calibrations(path: str | Path, origin: Origin, kept: Kept) -> None:
    """Write everything exactly.

    Raises:
        DataError: the file cannot be written.

    """
    tensors = {f"{name}|{part}": tensor for name, one in kept.calibrations.items() for part, tensor in _parts(one)}
    tensors |= {f"{name}|{_KEY_SIZES}": sizes for name, sizes in kept.key_sizes.items()}
    try:
        save_file(tensors, path, metadata={"bitline": json.dumps(asdict(origin))})
    except (OSError, SafetensorError) as error:
        raise DataError(f"{path}: cannot be written: {error}") from error


def read_calibrations(path: str | Path) -> tuple[Origin, Kept]:
    """Read what a file is for and what it holds.

    Raises:
        DataError: the file is not a calibration, or one that does not say for which arithmetic.

    """
    kept, tensors = _read(path)
    origin = Origin.read(kept)
    if origin is None:
        why = "it does not say for which chip"
        if isinstance(kept, dict) and "chip" in kept:
            why = "it names a chip, but not what the chip did then, as older versions wrote it. Calibrate again"
        raise unreadable(path, "a calibration", why)
    named: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        name, _, part = key.rpartition("|")
        named.setdefault(name, {})[part] = tensor
    sizes = {name: parts[_KEY_SIZES] for name, parts in named.items() if _KEY_SIZES in parts}
    found = {name: _calibration(path, name, parts) for name, parts in named.items() if name not in sizes}
    return origin, Kept(calibrations=found, key_sizes=sizes)


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
    if "input_scale" not in parts or parts["input_scale"].numel() != 1:
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
    if error is not None and (response is None or response.shape != (len(Response.__dataclass_fields__),)):
        raise unreadable(path, "a calibration", f"{name} is incomplete")
    return Fitted(
        ranges=parts.get(f"{index}.ranges"),
        error=None if error is None or response is None else ErrorMoments(*error, Response(*response.tolist())),
        affine=both("affine_scale", "affine_offset"),
    )


def _read(path: str | Path) -> tuple[Any, dict[str, Tensor]]:
    try:
        with safe_open(path, framework="pt") as file:
            kept = json.loads((file.metadata() or {}).get("bitline", "null"))
            return kept, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise unreadable(path, "a calibration", str(error)) from error
