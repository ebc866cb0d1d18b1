"""What every kind of engine answers. A kind is one file in `bitline.engines`; nothing else names it.

The answers are counts, never seconds or joules of a whole run: `work` says how often each part is used for an
operator, `parts` says what one use costs, and the timeline multiplies.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple, final

from bitline.hardware.activity import Activity
from bitline.hardware.arithmetic import Arithmetic
from bitline.hardware.figure import NOTHING, Figure
from bitline.operators import MatMul, Operator, Size

if TYPE_CHECKING:
    from bitline.hardware.chip import Chip


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component of an engine with the cost of one use and of one instance."""

    name: str
    """adc, dac, cells, shift_add, buffer, ...; `memory.NAME` and `link.NAME` are shared by the whole chip."""
    energy_j: Figure = NOTHING
    """Per use."""
    latency_s: Figure = NOTHING
    """Per use on one instance; uses on one instance follow each other."""
    instances: int = 1
    area_m2: Figure = NOTHING
    """Of one instance."""
    leakage_w: Figure = NOTHING
    """Of one instance."""
    holds: str = ""
    """A part that the whole chip shares and that serves nobody else meanwhile: the memory whose banks compute."""


@final
class Use(NamedTuple):
    """How often a part is used for one operator of one layer."""

    total: Size = 0.0
    """Over all instances: what costs energy."""
    serial: Size = 0.0
    """One after another on the busiest instance: what costs time."""


NO_USES: Mapping[str, Use] = MappingProxyType({})


@final
class Work(NamedTuple):
    """What one operator of one layer asks of the parts.

    The uses in `stream` overlap (the slowest part sets the time and is the bottleneck); those in `setup` come
    before, one after another: filling a pipeline, writing a dynamic operand, starting a kernel.
    """

    stream: Mapping[str, Use]
    setup: Mapping[str, Use] = NO_USES


class Engine(ABC):
    """A unit that runs operators. Subclasses are frozen dataclasses: their fields are the description."""

    __slots__ = ()
    kind: ClassVar[str]
    """The word after `kind:` in a description."""
    macro_parts: ClassVar[tuple[str, ...]] = ()
    """Parts that make a macro (cells, drivers and converters, or digital products): published efficiencies of
    macros count these alone."""
    of_memory: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
    """Fields that a description may leave out, as they are numbers of the engine's memory: of each, the places in the
    memory's description of the numbers whose product it is."""

    @property
    @abstractmethod
    def units(self) -> int:
        """Places that hold stationary matrices (arrays); 0 when weights are streamed from a memory."""

    @property
    def unit_shape(self) -> tuple[Size, Size] | None:
        """Inputs and outputs of the largest matrix that one unit holds; None where none is held."""
        return None

    @property
    @abstractmethod
    def resident(self) -> bool:
        """Whether weights placed here stay, each layer on units of its own, so that layers can run at once."""

    @property
    @abstractmethod
    def memory(self) -> str | None:
        """The memory that feeds it weights, keys and values, if not its own units."""

    @property
    def sees_roles(self) -> bool:
        """Whether its counts depend on an operator's role too, so that products of one size are not all alike."""
        return False

    @property
    def names(self) -> tuple[str, ...]:
        """Roles, functions and sorts of operators that its description speaks of, under `kernels`."""
        return ()

    @property
    def stored_weight_bits(self) -> float | None:
        """Bits of a weight in memory, where they are not those of its arithmetic; those left out and shared counted."""
        return None

    @property
    def stored_cache_bits(self) -> float | None:
        """Bits of a key or value in memory, where they are not those of a weight."""
        return None

    @abstractmethod
    def runs(self, operator: Operator) -> bool:
        """Say whether this engine can compute the operator at all.

        A lookup in a table (a `Gather` with a `width`) is run from units only where a placement rule names its role.
        """

    @abstractmethod
    def claim(self, operator: MatMul) -> Size:
        """Units that ONE of the operator's stationary matrices takes; a table is asked about as a product."""

    @abstractmethod
    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count the uses of each part; `copies` of the stationary matrices share the vectors."""

    @abstractmethod
    def rewrite(self, operator: MatMul) -> Work:
        """Count the uses of writing the operator's held matrices into units once (empty if none are written)."""

    @abstractmethod
    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price every part named in `work`, with its source; the sum of areas is the engine's area."""

    def parts_in_use(self, chip: Chip, activity: Activity) -> tuple[Part, ...]:  # noqa: ARG002
        """Price the same parts for data of this activity; energies that do not depend on data stay, stated ones too."""
        return self.parts(chip)

    @abstractmethod
    def arithmetic(self) -> Arithmetic:
        """Say what the engine does to numbers."""

    @abstractmethod
    def peak_macs_per_s(self, chip: Chip) -> float:
        """Dense multiply-accumulates per second with every unit busy."""


class Streaming(Engine):
    """An engine that holds nothing itself: weights, keys and values are fed from a memory, and layers take turns."""

    __slots__ = ()

    @property
    def units(self) -> int:
        """None: what is held is counted in bytes of the memory."""
        return 0

    @property
    def resident(self) -> bool:
        """Nothing stays."""
        return False

    def claim(self, operator: MatMul) -> Size:  # noqa: ARG002
        """None."""
        return 0

    def rewrite(self, operator: MatMul) -> Work:  # noqa: ARG002
        """Nothing is written."""
        return Work(stream={})
