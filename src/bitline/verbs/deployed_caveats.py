"""What a reader of a deployed model's results has to know of how they were computed."""

from __future__ import annotations

from bitline.errors import listed
from bitline.hardware import Analog
from bitline.numerics.conversion import conversion
from bitline.verbs.deployment import Deployment
from bitline.verbs.storage_caveats import assumed_formats

_NAMED = 2


def deployed_caveats(deployment: Deployment) -> tuple[str, ...]:
    """List where plan `statistical` stands on assumptions instead of examples, and what a group would do otherwise."""
    assumed: list[str] = []
    straying: list[str] = []
    outgrown: list[str] = []
    for name, matrix in (pair for held in deployment.held.values() for pair in held.named()):
        arithmetic = matrix.arithmetic
        if matrix.choice.plan != "statistical" or not isinstance(arithmetic, Analog):
            continue
        known = matrix.calibration
        if known is None or not any(one.error is not None for one in known.fitted):
            transfer = conversion(arithmetic, 1)
            (straying if transfer is not None and transfer.strays else assumed).append(name)
        elif matrix.calibrated_at != matrix.age:
            outgrown.append(name)
    found = []
    if assumed:
        found.append(
            f"plan = 'statistical' of {listed(assumed, _NAMED)} was not calibrated: its errors are derived for inputs "
            f"of which every digit is equally likely. Call calibrate(model, tokens)."
        )
    if straying:
        found.append(
            f"plan = 'statistical' of {listed(straying, _NAMED)} was not calibrated: offsets, gains and non-linearity "
            f"of its converters are left out, and inputs taken as uniform. Call calibrate(model, tokens), or deploy "
            f"with plan = 'exact'."
        )
    if outgrown:
        found.append(
            f"plan = 'statistical' of {listed(outgrown, _NAMED)} was calibrated at another age: its errors are those "
            f"of the cells then. Call calibrate(model, tokens) again, or deploy with plan = 'exact'."
        )
    engines = dict.fromkeys(one.engine for one in deployment.on_chip)
    return (*found, *_of_one_device(deployment), *assumed_formats(deployment.chip, engines))


def _of_one_device(deployment: Deployment) -> list[str]:
    """Say that matrices were not cut, where that changes the sums that are converted."""
    tensor = deployment.chip.devices.tensor
    matrices = (matrix for held in deployment.held.values() for _, matrix in held.named())
    if tensor == 1 or not any(isinstance(matrix.arithmetic, Analog) for matrix in matrices):
        return []
    return [
        f"computed as on one device: {deployment.chip.name} cuts matrices over {tensor}, each of which would convert "
        f"sums over its part of the inputs."
    ]
