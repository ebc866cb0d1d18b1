"""Cells that compute in the memory that the example chip describes from the inside."""

from bitline.engines.dram_bit_serial import DramBitSerial

EXAMPLE = DramBitSerial(memory="banks", banks=64, stacks=1, row_bytes=1024, adder_bits=1024, ring_bytes_per_s=16e9)
