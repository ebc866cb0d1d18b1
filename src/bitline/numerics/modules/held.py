"""The matrices that the chip holds for one module, and the products with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import final

import torch
from torch import Tensor, nn

from bitline.errors import ConfigError, DataError
from bitline.hardware import Analog, Integer
from bitline.numerics.chance import Key
from bitline.numerics.devices import NEW, Age
from bitline.numerics.let_go import present
from bitline.numerics.matrix import Matrix, choice_for, program
from bitline.numerics.modules.straight_through import through
from bitline.numerics.plans.choice import Choice, PlanName

HELD = "held_on_chip"
"""The attribute of a module under which its matrices stand; a plain value, so never part of a state_dict."""

_SAMPLE = 8
"""Values compared on every product: a merged adapter changes all of them and leaves no other trace."""


@final
class Held:
    """Matrices programmed from the weights of one module, all on one engine.

    They follow the weights: where those were loaded, trained or moved since, the next product programs them anew,
    with the same key and calibration. While `observing` is set the products are the digital ones and `observer` is told
    of each matrix and its inputs `[rows, k]`; if not changed, the matrix keeps what calibration needs.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        arithmetic: Analog | Integer,
        *,
        name: str,
        key: Key,
        plan: PlanName,
        age: Age = NEW,
    ) -> None:
        """Program `weights`, each `[n, k]`, and read them at an age.

        Raises:
            DataError: a weight is not finite.
            ConfigError: the plan asked for is not sound here.

        """
        self.arithmetic, self.name, self.key, self.plan, self.age = arithmetic, name, key, plan, age
        self.observing = False
        self.observer: Callable[[Matrix, Tensor], object] = Matrix.observe
        self.numbered = len(weights) > 1
        self.matrices = [self._programmed(weight.detach(), index) for index, weight in enumerate(weights)]
        self._stamps: list[_Stamp | None] = [_Stamp(weight) for weight in weights]

    def multiply(self, x: Tensor, weight: Tensor, index: int = 0) -> Tensor:
        """Multiply vectors `[..., k]` with matrix number `index`, whose digital weights are `weight [n, k]`.

        The result has the shape `[..., n]` and the dtype of `x`.
        """
        self._follow(weight, index)
        matrix = self.matrices[index]
        if self.observing:
            present(weight, self.name)
            self.observer(matrix, x.detach().reshape(-1, x.shape[-1]).float())
            return _digital(x, weight)
        return through(partial(_on_chip, matrix), _digital, x, weight)

    def grow(self, age: Age) -> None:
        """Read all matrices at another age from now on."""
        self.age = age
        for matrix in self.matrices:
            matrix.grow(age)

    def let_go(self) -> None:
        """Keep nothing of the digital weights; whoever holds the module replaces its parameters."""
        for matrix in self.matrices:
            matrix.let_go()
        self._stamps = [None] * len(self._stamps)

    def named(self) -> Iterator[tuple[str, Matrix]]:
        """Name each matrix: the module's name, with a number where a module holds several."""
        for index, matrix in enumerate(self.matrices):
            yield (f"{self.name}.{index}" if self.numbered else self.name), matrix

    def _follow(self, weight: Tensor, index: int) -> None:
        stamp = self._stamps[index]
        if weight.is_meta if stamp is None else stamp.fits(weight):
            return
        calibration = self.matrices[index].calibration
        self.matrices[index] = self._programmed(weight.detach(), index)
        self._stamps[index] = _Stamp(weight)
        if calibration is not None:
            self.matrices[index].calibrate(calibration)

    def _programmed(self, weight: Tensor, index: int) -> Matrix:
        _refuse_infinite(self.name, weight)
        key = (*self.key, index) if self.numbered else self.key
        try:
            return program(weight, self.arithmetic, key=key, plan=self.plan, age=self.age)
        except ConfigError as error:
            raise ConfigError(f"{self.name}: {error}") from error


def refuse_unfit(
    name: str, weights: Sequence[Tensor], arithmetic: Analog | Integer, plan: PlanName, age: Age
) -> Choice:
    """Give the plan for weights `[n, k]` that can be programmed.

    Raises:
        DataError: a weight is not finite.
        ConfigError: the description contradicts itself, or the plan asked for is not sound here.

    """
    for weight in weights:
        _refuse_infinite(name, weight)
    try:
        return choice_for(arithmetic, weights[0].shape[1], plan, age)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from error


def _refuse_infinite(name: str, weight: Tensor) -> None:
    if not bool(torch.isfinite(weight).all()):
        raise DataError(f"{name}: its weights hold NaN or infinite values, which no chip can be programmed to.")


def _on_chip(matrix: Matrix, x: Tensor, weight: Tensor) -> Tensor:
    # Products inside a matrix are none of the model's own: interception must not see them.
    with torch._C.DisableTorchFunction():
        rows = matrix.multiply(x.reshape(-1, x.shape[-1]).float())
    return rows.to(x.dtype).reshape(*x.shape[:-1], weight.shape[0])


def _digital(x: Tensor, weight: Tensor) -> Tensor:
    return nn.functional.linear(x, present(weight).to(x.dtype))


@final
class _Stamp:
    """What a weight looked like when it was programmed."""

    def __init__(self, weight: Tensor) -> None:
        self.place = _place(weight)
        self.sample = _sample(weight).clone()

    def fits(self, weight: Tensor) -> bool:
        """Say whether the weight is still what it was, as far as can be seen without reading all of it."""
        return self.place == _place(weight) and torch.equal(self.sample, _sample(weight))


def _place(weight: Tensor) -> tuple[int, int, torch.device, torch.dtype]:
    # Loading and training count the version up; code that writes to `weight.data` does not.
    return weight.data_ptr(), 0 if weight.is_inference() else weight._version, weight.device, weight.dtype


def _sample(weight: Tensor) -> Tensor:
    diagonal = weight.detach().diagonal()
    return diagonal[:: max(1, diagonal.numel() // _SAMPLE)]
