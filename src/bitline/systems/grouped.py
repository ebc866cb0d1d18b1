"""Several of a chip by its name.

`h100@8` cuts matrices over eight, `h100@8x4` makes four stages of such, and `h100@8x4x2` also deals experts and
requests out over two.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bitline.errors import outside, wrong_type
from bitline.hardware.chip import Chip
from bitline.hardware.devices import MOST

SIGN = "@"
AXES = ("tensor", "pipeline", "expert")
_COUNTS = re.compile(r"[1-9]\d*(x[1-9]\d*){0,2}")


def parted(name: str) -> tuple[str, str]:
    """Part a name from the counts after it, if there are any. Raises ConfigError for counts that are none."""
    base, sign, counts = name.rpartition(SIGN)
    if not sign:
        return name, ""
    if not base or not _COUNTS.fullmatch(counts):
        raise wrong_type(
            "chip", name, "NAME@TENSOR, NAME@TENSORxPIPELINE or NAME@TENSORxPIPELINExEXPERT, as in h100@8x2"
        )
    for axis, count in zip(AXES, counts.split("x"), strict=False):
        if int(count) > MOST:
            raise outside(f"devices.{axis}", int(count), 1, MOST, "devices")
    return base, counts


def grouped(chip: Chip, counts: str) -> Chip:
    """Make a group of a chip; what joins its devices stays as described."""
    given = dict(zip(AXES, map(int, counts.split("x")), strict=False))
    provenance = chip.provenance
    asked = {f"devices.{axis}": f"as asked: {SIGN}{counts} (stated)" for axis in given}
    return replace(
        chip,
        name=f"{chip.name}{SIGN}{counts}",
        devices=replace(
            chip.devices,
            tensor=given["tensor"],
            pipeline=given.get("pipeline", 1),
            expert=given.get("expert", 1),
        ),
        provenance=replace(provenance, sources={**provenance.sources, **asked}),
    )
