"""Optical matrix units: light modulated by the inputs, weighted on its way, summed by a detector per output."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np

from bitline.costs import adc
from bitline.engines.component import Component
from bitline.engines.tiling import ceil_div, queue, rounds
from bitline.engines.traffic import memory_parts, traffic
from bitline.hardware.arithmetic import Analog
from bitline.hardware.array import Array, InputFormat, WeightFormat
from bitline.hardware.cell import Cell, Spread
from bitline.hardware.chip import Chip
from bitline.hardware.converter import Adc
from bitline.hardware.engine import Engine, Part, Use, Work
from bitline.hardware.figure import Figure
from bitline.hardware.quantity import Count, NonNegative, Positive
from bitline.operators import MatMul, Operator, Size

WHOLE_INPUTS = InputFormat(bits=6, bits_per_pulse=6, signed="offset")
SIGNED_WEIGHTS = WeightFormat(bits=6, encoding="differential")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Optical(Engine):
    """Meshes that hold one weight per crossing of an input and an output waveguide; weights stay."""

    kind: ClassVar[str] = "optical"
    macro_parts: ClassVar[tuple[str, ...]] = ("modulation", "detection")

    rows: Count
    """Inputs of a mesh, each with a modulator."""
    columns: Count
    """Outputs of a mesh, each with a balanced pair of detectors."""
    symbol_hz: Positive
    """Vectors of one pulse that pass a mesh per second."""
    meshes: Count = 1
    """Equal meshes side by side."""
    weight: WeightFormat = SIGNED_WEIGHTS
    """How a weight becomes transmission: one element, or one per sign."""
    input: InputFormat = WHOLE_INPUTS
    """How an input becomes pulses of light."""
    adc: Adc = field(default_factory=Adc)
    """The converter behind each output's detectors."""
    element_noise: Spread | None = None
    """Of the transmission of an element once it is set."""
    detection_noise_fraction: NonNegative = 0.0
    """Gaussian, fresh per detection, as a share of the brightest possible sum."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    modulation: Component = field(default_factory=Component)
    """One use per input and pulse; one instance per row."""
    detection: Component = field(default_factory=Component)
    """One use per output and pulse, partial sums added; one instance per column. Not stated: its converter's."""
    tuning: Component = field(default_factory=Component)
    """One use per weight that is set."""

    @property
    def units(self) -> int:
        """Meshes."""
        return self.meshes

    @property
    def resident(self) -> bool:
        """Weights stay."""
        return True

    @property
    def memory(self) -> str | None:
        """None: weights are where the light passes."""
        return None

    def runs(self, operator: Operator) -> bool:
        """Say yes to products with trained weights."""
        return isinstance(operator, MatMul) and operator.stationary == "weight"

    def claim(self, operator: MatMul) -> Size:
        """Count the meshes of one matrix."""
        return ceil_div(operator.k, self.rows) * ceil_div(operator.n, self.columns)

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count modulations and detections: every column of meshes modulates anew, every row of them detects."""
        if not isinstance(operator, MatMul):
            raise TypeError(f"an optical matrix unit does not run {operator.name}")
        symbols = operator.vectors * self.input.passes * self.input.pulses
        fillings = rounds(operator, self.claim(operator), self.meshes)
        waiting = queue(operator.vectors, operator.matrices, copies) * fillings * self.input.passes * self.input.pulses
        into, out = operator.vectors * operator.k * self.input.bits, operator.vectors * operator.n * self.input.bits
        return Work(
            stream={
                "modulation": Use(total=symbols * operator.k * ceil_div(operator.n, self.columns), serial=waiting),
                "detection": Use(total=symbols * operator.n * ceil_div(operator.k, self.rows), serial=waiting),
                **traffic((self.activations, into), written=[(self.activations, out)]),
            }
        )

    def rewrite(self, operator: MatMul) -> Work:
        """Count the weights set: all meshes at a time, their elements one after another."""
        weights = np.minimum(operator.k, self.rows) * np.minimum(operator.n, self.columns)
        return Work(stream={"tuning": Use(total=operator.held * operator.k * operator.n, serial=weights)})

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price modulators, detectors with their converters, and the setting of weights."""
        symbol = Figure(1.0 / self.symbol_hz, "one pulse at the stated rate", "stated")
        technology = chip.technology
        return (
            self.modulation.part("modulation", self.meshes * self.rows, latency_s=symbol),
            self.detection.part(
                "detection",
                self.meshes * self.columns,
                energy_j=adc.conversion_energy(self.adc, technology),
                latency_s=symbol,
                area_m2=adc.area(self.adc, technology),
            ),
            self.tuning.part("tuning", self.meshes),
            *memory_parts(chip, self.activations),
        )

    def arithmetic(self) -> Analog:
        """Give sums of light, read through converters."""
        magnitude_bits = self.weight.bits if self.weight.encoding == "offset" else max(1, self.weight.bits - 1)
        return Analog(
            weight=self.weight,
            input=self.input,
            cell=Cell(technology="optical", bits=magnitude_bits, programming_noise=self.element_noise),
            array=Array(rows=self.rows, columns=self.columns),
            adc=self.adc,
            output_noise_fraction=self.detection_noise_fraction,
        )

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """Every element of every mesh multiplies once per vector."""
        return self.meshes * self.rows * self.columns * self.symbol_hz / (self.input.passes * self.input.pulses)
