"""One value, told apart by being that very value: a key for what is worked out once per chip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar, final

T = TypeVar("T")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Same(Generic[T]):
    """Equal only to a wrapper of the same object; holding it keeps the object alive, so its id stays its own."""

    value: T

    def __eq__(self, other: object) -> bool:
        """Compare by identity."""
        return isinstance(other, Same) and other.value is self.value

    def __hash__(self) -> int:
        """Hash by identity."""
        return id(self.value)
