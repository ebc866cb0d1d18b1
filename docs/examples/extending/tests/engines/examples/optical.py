"""One optical engine with every counted part in use."""

from bitline.engines.component import Component
from bitline.engines.optical import Optical
from bitline.hardware import Adc

EXAMPLE = Optical(
    rows=64, columns=64, symbol_hz=5e9, meshes=48, activations="buffer", adc=Adc(bits=8),
    modulation=Component(energy_j=50e-15), tuning=Component(energy_j=1e-9, latency_s=1e-6),
)  # fmt: skip
