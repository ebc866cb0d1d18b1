"""Whether a calibration that comes from elsewhere fits the matrix it is meant for."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.calibration import Calibration, Fitted
from bitline.numerics.codes.slices import digits_of
from bitline.numerics.matrix import Matrix


def misfit(calibration: Calibration, matrix: Matrix) -> str | None:
    """Say what does not fit (a length, a number that is not finite), or None; nothing changes."""
    return next(_misfits(calibration, matrix), None)


def _misfits(calibration: Calibration, matrix: Matrix) -> Iterator[str]:
    n, k = matrix.weight.shape
    scale = calibration.input_scale
    if not 0.0 < scale < float("inf"):
        yield f"input_scale = {scale:g} is no positive number"
    rows = calibration.row_scale
    yield from _wrong("row_scale", rows, (k,))
    if rows is not None and not bool((rows > 0).all()):
        yield "row_scale holds numbers that are not positive"
    if len(calibration.fitted) != len(matrix.rows):
        yield f"{len(calibration.fitted)} pieces are fitted, but the matrix has {len(matrix.rows)}"
        return
    for index, (part, fitted) in enumerate(zip(matrix.rows, calibration.fitted, strict=True)):
        for sentence in _unfitted(fitted, matrix, part.stop - part.start, n):
            yield f"{index}.{sentence}"


def _unfitted(fitted: Fitted, matrix: Matrix, inputs: int, n: int) -> Iterator[str]:
    arithmetic, ranges = matrix.arithmetic, fitted.ranges
    if ranges is not None and isinstance(arithmetic, Analog):
        digits = len(digits_of(arithmetic.weight, arithmetic.cell))
        sums = digits * (n + (arithmetic.weight.encoding == "bias_column"))
        blocks = len(arithmetic.array.blocks(inputs))
        yield from _wrong("ranges", ranges, ((1, blocks), (1, sums), 2))
    elif ranges is not None:
        yield "ranges are of converters, and the matrix has none"
    if fitted.error is not None:
        yield from _wrong("error_mean", fitted.error.mean, (n,))
        yield from _wrong("error_variance", fitted.error.variance, (n,))
    for name, one in zip(("affine_scale", "affine_offset"), fitted.affine or (), strict=False):
        yield from _wrong(name, one, (n,))


def _wrong(name: str, found: Tensor | None, allowed: tuple[int | tuple[int, ...], ...]) -> Iterator[str]:
    if found is None:
        return
    sizes = [size if isinstance(size, tuple) else (size,) for size in allowed]
    if len(found.shape) != len(sizes) or any(one not in size for one, size in zip(found.shape, sizes, strict=True)):
        wanted = " x ".join(" or ".join(map(str, dict.fromkeys(size))) for size in sizes)
        yield f"{name} is {' x '.join(map(str, found.shape)) or 'one number'} instead of {wanted}"
    elif not bool(found.isfinite().all()):
        yield f"{name} holds NaN or infinite values"
