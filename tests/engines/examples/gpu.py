"""One graphics processor."""

from bitline.engines.gpu import Gpu

EXAMPLE = Gpu(
    dense_macs_per_s={"fp16": 156e12}, memory="main", compute_efficiency_fraction=0.7,
    bandwidth_efficiency_fraction=0.8, kernel_overhead_s=5e-6,
)  # fmt: skip
