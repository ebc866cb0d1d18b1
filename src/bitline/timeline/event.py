"""One operator busy on one resource, for a trace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Event:
    """From `start_s` to `end_s` the resource works on nothing else."""

    name: str
    resource: str
    start_s: float
    end_s: float
