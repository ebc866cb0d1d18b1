"""Digital weights that are let go once they are programmed: a placeholder keeps their shape, and says so when asked.

A placeholder is on torch's meta device: it takes no memory, and nothing can be computed from it by mistake.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from bitline.errors import ConfigError


def let_go(module: nn.Module, name: str, parameter: str) -> None:
    """Put a placeholder in the place of a parameter; whoever else refers to its weights (tied ones) keeps them.

    From now on the module, called `name`, refuses to be saved.
    """
    weight: nn.Parameter = getattr(module, parameter)
    setattr(module, parameter, nn.Parameter(without_values(weight), requires_grad=False))
    module.register_state_dict_pre_hook(partial(_refuse, name))  # type: ignore[no-untyped-call]
    hand_back()


def hand_back() -> None:
    """Give memory that is free back to the system: glibc keeps what was freed between blocks still in use."""
    trim = _trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], int] | None:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError, TypeError):
        return None


def without_values(weight: Tensor) -> Tensor:
    """Give a placeholder of the same shape and type."""
    return torch.empty(weight.shape, dtype=weight.dtype, device="meta")


def present(weight: Tensor, name: str = "a matrix") -> Tensor:
    """Give digital weights that are there.

    Raises:
        ConfigError: they were let go.

    """
    if weight.is_meta:
        raise gone(name)
    return weight


def gone(name: str) -> ConfigError:
    """Say that digital weights are not there any more."""
    return ConfigError(
        f"{name}: its digital weights were let go when it was put on the chip (keep_digital = False), so it cannot be "
        f"restored, saved, trained, calibrated, aged or compared with its digital self. "
        f"Allowed: load the model and deploy it with keep_digital = True."
    )


def first_present(parameters: Iterator[nn.Parameter]) -> nn.Parameter:
    """Give the first parameter that was not let go."""
    return next(one for one in parameters if not one.is_meta)


def _refuse(name: str, *_of_the_hook: Any) -> None:
    raise gone(name)
