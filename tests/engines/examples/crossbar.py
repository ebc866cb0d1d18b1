"""One crossbar engine with every counted part in use."""

from bitline.engines.crossbar import Crossbar
from bitline.hardware import Adc, Array, Cell, Hierarchy

EXAMPLE = Crossbar(
    cell=Cell(technology="reram", bits=2),
    array=Array(rows=128, columns=128, active_rows=64),
    adc=Adc(bits=6, per_array=2),
    hierarchy=Hierarchy(arrays_per_core=4, cores_per_tile=4, tiles=16),
    activations="buffer",
)
