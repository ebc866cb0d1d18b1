"""Numbers with their allowed range in the type; the unit is in the field's name."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from annotated_types import Ge, Gt, Interval

Count: TypeAlias = Annotated[int, Ge(1)]
Whole: TypeAlias = Annotated[int, Ge(0)]
Bits: TypeAlias = Annotated[int, Interval(ge=1, le=32)]
Positive: TypeAlias = Annotated[float, Gt(0)]
NonNegative: TypeAlias = Annotated[float, Ge(0)]
Fraction: TypeAlias = Annotated[float, Interval(ge=0, le=1)]
Percent: TypeAlias = Annotated[float, Interval(gt=0, le=100)]
