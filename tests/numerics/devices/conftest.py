"""Cells of the library, and chance for them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Cell
from bitline.hardware.document import Document
from bitline.hardware.schema import value_of
from bitline.hardware.using import with_parts
from bitline.numerics.chance import Key, generator
from bitline.numerics.devices import Draw


@pytest.fixture(scope="session")
def cell_of() -> Callable[..., Cell]:
    """Give the cell of a part, with some of its plain values changed."""

    def read(name: str, **beside: object) -> Cell:
        tree = with_parts(Document(tree={"use": name, **beside}), Cell, engine_kinds()).tree
        cell, problems = value_of(Cell, {key: value for key, value in tree.items() if key != "provenance"})
        assert not problems
        return cell

    return read


@pytest.fixture(scope="session")
def drawing() -> Callable[..., Draw]:
    """Give standard normal numbers for cells of a shape, the same for the same key and seed."""

    def of(shape: tuple[int, ...], seed: int = 0) -> Draw:
        def draw(which: Key) -> torch.Tensor:
            return torch.randn(shape, generator=generator(("test", seed, *which)))

        return draw

    return of
