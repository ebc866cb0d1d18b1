"""Units in the banks of the memory that the example chip describes from the inside."""

from bitline.engines.dram_pim import DramPim

EXAMPLE = DramPim(memory="banks", channels=4, banks=16, row_bytes=1024, activations="buffer")
