"""One integer systolic engine."""

from bitline.engines.systolic import Systolic
from bitline.hardware import InputFormat, WeightFormat

EXAMPLE = Systolic(
    rows=32, columns=32, clock_hz=1e9, arrays=4, memory="main", activations="buffer", weight=WeightFormat(),
    input=InputFormat(),
)  # fmt: skip
