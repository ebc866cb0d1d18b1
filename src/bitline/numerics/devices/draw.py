"""What a process asks for when it needs chance."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from bitline.numerics.chance import Key

Draw: TypeAlias = Callable[[Key], Tensor]
"""Gives one standard normal number for each of a matrix's codes `[..., n, k]`, a new tensor; the key tells which of
its cells, and which of their properties."""
