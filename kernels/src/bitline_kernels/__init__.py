"""Products of cells in blocks, slices and pulses with their converters, compiled: no intermediate tensors."""

from bitline_kernels._native import Cells as Cells
from bitline_kernels._native import Readout as Readout
from bitline_kernels._native import variants as variants
