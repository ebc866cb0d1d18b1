"""The contract of whatever a block is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod

from bitline.operators import Size
from bitline.workload.page import After, Page
from bitline.workload.step import Step


class Part(ABC):
    """Something that writes operators on a page. Parts are frozen values, so models compare by value."""

    __slots__ = ()

    @abstractmethod
    def write(self, page: Page, after: After) -> After:
        """Write the operators of `page.step` and name those whose output the next part reads."""

    def cached(self, step: Step, *, expanded: bool) -> Size:
        """Count the values one request keeps between steps once it has seen `step.context` tokens.

        `expanded` asks for full keys and values where the cache could also hold a compressed form.
        """
        del step, expanded
        return 0

    def looking_back(self, window: int, sinks: int) -> Part:
        """Give the part with attention to the last `window` tokens and the first `sinks` ones only.

        Attention that looks back less stays as it is, and so does a part that does not look back.
        """
        del window, sinks
        return self
