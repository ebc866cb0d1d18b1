"""The policies by name; each is one module with `step_s` and `blocks`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from bitline.errors import not_one_of
from bitline.hardware.chip import Schedule
from bitline.operators import Size
from bitline.timeline.layer import Layer
from bitline.timeline.policies import co_execute, pipelined, sequence_blocking, sequential, sub_batch


@final
@dataclass(frozen=True, slots=True)
class Policy:
    """How the tokens of a step move through the layers."""

    step_s: Callable[[Sequence[Layer], Schedule], Size]
    """Time of a step, from its layers and the chip's schedule."""
    blocks: Callable[[Layer, Schedule], int]
    """Into how many blocks the tokens of a layer are cut."""
    pace_s: Callable[[Sequence[Layer], Schedule], Size] | None = None
    """Time after which another pass can follow; None where a device is done with one before it takes the next."""


POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        module.__name__.rpartition(".")[2]: Policy(module.step_s, module.blocks, getattr(module, "pace_s", None))
        for module in (sequential, pipelined, sequence_blocking, co_execute, sub_batch)
    }
)


def policy(name: str) -> Policy:
    """Look a policy up; raises ConfigError for an unknown name."""
    if name not in POLICIES:
        raise not_one_of("schedule.policy", name, POLICIES)
    return POLICIES[name]
