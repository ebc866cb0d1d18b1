"""What descriptions say of formats, as the rounding that it asks for."""

from __future__ import annotations

import pytest

from bitline.engines.dram_pim import DramPim
from bitline.engines.flash_pim import FlashPim
from bitline.engines.gpu import Gpu
from bitline.engines.systolic import Systolic
from bitline.hardware import Flash, Floating, InputFormat, Integer, Storage, WeightFormat
from bitline.hardware.compression import Compression
from bitline.hardware.formats import AS_COMPUTED, Formats, ValueFormat, computed_in, formats_of

INT8 = ValueFormat(bits=8)
SCALES = Compression(shared_bits=16, shared_by=128)
ZEROS = Compression(shared_bits=32, shared_by=128)
EXPONENTS = Compression(shared_bits=8, shared_by=32)
BOARD = Gpu(dense_macs_per_s={"fp16": 1e12, "int8": 2e12, "fp8": 2e12, "fp4": 4e12}, memory="main")
GRID = Systolic(rows=128, columns=128, clock_hz=1e9, memory="main", weight=WeightFormat(), input=InputFormat())
DIES = FlashPim(
    memory="nand", host_macs_per_s=1e12,
    flash=Flash(page_bytes=16384, planes=2, dies=4, channels=8, channel_bytes_per_s=1e9, read_s=30e-6),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("int8", ("integer", 8)), ("int4", ("integer", 4)), ("uint8", ("integer", 8)), ("INT8", ("integer", 8)),
        ("fp8", ("e4m3", 8)), ("float8_e4m3fn", ("e4m3", 8)), ("e5m2", ("e5m2", 8)), ("fp8_e5m2", ("e5m2", 8)),
        ("fp16", ("integer", 32)), ("bf16", ("integer", 32)), ("tf32", ("integer", 32)), ("fp64", ("integer", 32)),
        ("fp4", None), ("nf4", None), ("fp6", None), ("mine", None),
    ],
)  # fmt: skip
def test_names_of_numbers(name: str, known: tuple[str, int] | None) -> None:
    assert computed_in(name) == known


def test_formats_by_name() -> None:
    assert formats_of("fp16", 16) == formats_of("fp32", 32) == formats_of("fp32", 16) == AS_COMPUTED
    assert formats_of("int8", 8) == formats_of("int8", 16) == Formats(weight=INT8, cache=INT8, input=INT8)
    assert formats_of("fp16", 16, 4) == Formats(weight=ValueFormat(bits=4))
    assert formats_of("fp16", 16, None, 4) == Formats(cache=ValueFormat(bits=4))
    eight = ValueFormat(bits=8, number="e4m3")
    assert formats_of("fp8", 8) == Formats(weight=eight, cache=eight, input=eight)
    assert formats_of("fp8", 8, 4).weight == ValueFormat(bits=4)
    assert formats_of("fp4", 4, 4, 4) == AS_COMPUTED
    assert formats_of("fp16", 16, 1, 1) == AS_COMPUTED


def test_shared_bits_are_what_is_usually_so_many() -> None:
    def weight(compression: Compression, name: str = "fp16", bits: int = 16, kept: int = 4) -> ValueFormat | None:
        return formats_of(name, bits, kept, None, compression).weight

    assert weight(SCALES) == ValueFormat(bits=4, shared_by=128)
    assert weight(ZEROS) == ValueFormat(bits=4, shared="scale_and_zero", shared_by=128)
    assert weight(EXPONENTS) == ValueFormat(bits=4, shared="exponent", shared_by=32)
    assert weight(Compression(shared_bits=5, shared_by=16)) == ValueFormat(
        bits=4, shared="exponent", shared_by=16, exponent_bits=5
    )
    assert weight(ZEROS, "fp8", 8, 8) == ValueFormat(bits=8, number="e4m3", shared_by=128), "fp8 has no zero points"
    assert weight(EXPONENTS, "fp8", 8, 8) == ValueFormat(bits=8, number="e4m3", shared="exponent", shared_by=32)
    assert weight(Compression(kept=2, left_out=2), kept=16) == ValueFormat(bits=16, kept=2, left_out=2)
    assert weight(Compression(shared_by=128)) == ValueFormat(bits=4), "nothing is shared by as many"


def test_engines_say_what_they_keep() -> None:
    assert BOARD.arithmetic() == Floating(bits=16)
    w8a8 = Gpu(dense_macs_per_s={"int8": 1.0}, format="int8", bits=8, memory="main")
    assert w8a8.arithmetic() == Floating(bits=8, formats=Formats(weight=INT8, cache=INT8, input=INT8))
    assert GRID.arithmetic() == Integer(weight=WeightFormat(), input=InputFormat())
    narrow = Systolic(
        rows=8, columns=8, clock_hz=1e9, memory="main", weight=WeightFormat(), input=InputFormat(), weight_bits=4,
        weight_compression=SCALES, cache_bits=4,
    )  # fmt: skip
    formats = Formats(weight=ValueFormat(bits=4, shared_by=128), cache=ValueFormat(bits=4))
    assert narrow.arithmetic() == Integer(weight=WeightFormat(), input=InputFormat(), formats=formats)
    floating = Systolic(rows=8, columns=8, clock_hz=1e9, memory="main", weight_bits=8)
    assert floating.arithmetic() == Floating(bits=16, formats=Formats(weight=INT8))
    wide = Systolic(
        rows=8, columns=8, clock_hz=1e9, memory="main", weight=WeightFormat(), input=InputFormat(), weight_bits=16,
    )  # fmt: skip
    assert wide.arithmetic().formats == Formats(weight=INT8), "wider than the grid: rounded for it"
    banks = DramPim(memory="main", channels=1, banks=16, row_bytes=1024, bits=8)
    eight = ValueFormat(bits=8, number="e4m3")
    assert banks.arithmetic() == Floating(bits=8, formats=Formats(weight=eight, cache=eight, input=eight))


def test_what_is_not_known_is_left_as_it_is() -> None:
    flipping = {"weight_compression": SCALES, "storage": Storage(flipped_fraction=1e-4)}
    clipped = WeightFormat(clip_sigmas=3.0)
    plain = Integer(weight=WeightFormat(), input=InputFormat())
    assert DIES.arithmetic() == plain
    kept = FlashPim(memory="nand", host_macs_per_s=1e12, flash=DIES.flash, weight_compression=SCALES)
    assert kept.arithmetic().formats == Formats(weight=ValueFormat(bits=8, shared_by=128))
    assert FlashPim(memory="nand", host_macs_per_s=1e12, flash=DIES.flash, **flipping).arithmetic().formats == Formats()
    grid = Systolic(
        rows=8, columns=8, clock_hz=1e9, memory="main", weight=clipped, input=InputFormat(), weight_bits=4, cache_bits=4
    )
    assert grid.arithmetic().formats == Formats(cache=ValueFormat(bits=4))


def test_words() -> None:
    pruned = formats_of("fp16", 16, 2, None, Compression(kept=2, left_out=2, shared_bits=32, shared_by=128)).weight
    assert pruned is not None
    assert pruned.words == "the 2 largest of 4 as 2-bit integers with a scale and a zero point for each 128 of them"
    assert ValueFormat(bits=8, number="e4m3").words == "e4m3 with a scale for each row"
