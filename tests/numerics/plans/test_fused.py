"""Compiled kernels against plain torch, bit for bit: every kernel this processor runs, drawn cells and converters."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics import program
from bitline.numerics.codes.pulses import input_offset, pulses
from bitline.numerics.plans.fused import CHOICE, Converter, Packed, Readout, Worth, kernel_for, pulse_fields

try:
    import bitline_kernels
except ImportError:
    bitline_kernels = None

compiled = pytest.mark.skipif(bitline_kernels is None, reason="bitline-kernels is not installed: make kernels")
KERNELS = bitline_kernels.variants("") if bitline_kernels else []
torch.set_num_threads(1)

FORMS = st.one_of(
    st.builds(InputFormat, bits=st.integers(2, 10)),
    st.builds(InputFormat, bits=st.integers(2, 8), signed=st.just("sign_split"), bits_per_pulse=st.integers(1, 2)),
    st.builds(InputFormat, bits=st.just(8), signed=st.just("offset"), bits_per_pulse=st.sampled_from([1, 3, 8])),
    st.builds(InputFormat, bits=st.just(8), signed=st.just("bipolar"), bits_per_pulse=st.sampled_from([1, 2, 7])),
    st.builds(InputFormat, bits=st.just(7), signed=st.just("unsigned"), bits_per_pulse=st.sampled_from([1, 7])),
)
RANGES = st.sampled_from([(0, 0), (0, 1), (-1, 0), (0, 3), (-3, 3), (0, 15), (-8, 7), (-128, 127), (-32639, 32639)])


def codes_of(form: InputFormat, rows: int, k: int, draw: torch.Generator) -> torch.Tensor:
    top = form.top_code
    codes = torch.randint(0 if form.signed == "unsigned" else -top, top + 1, (rows, k), generator=draw)
    return codes.to(torch.int8 if top <= 127 else torch.int32)


def sent(codes: torch.Tensor, form: InputFormat):
    """Give weight and digits of every pulse, as the definitions say."""
    for part, added, shift, mask, weight in pulse_fields(form):
        wide = codes.to(torch.int32)
        values = {0: wide + added, 1: wide.clamp(min=0), 2: (-wide).clamp(min=0), 3: wide.abs()}[part]
        yield weight, ((values >> shift) & mask) * (wide.sign() if part == 3 else 1)


def by_torch(codes, levels, cuts, form, converter):
    """Convert and add up as plan `exact` does."""
    limits = [torch.as_tensor(x) for x in (converter.factor, converter.offset, converter.low, converter.high)]
    limits = [x if x.dim() == 2 and len(x) > 1 else x.expand(len(cuts), levels.shape[0]) for x in limits]
    total = torch.zeros(len(codes), levels.shape[0], dtype=torch.int64)
    for weight, digits in sent(codes, form):
        for index, (start, stop) in enumerate(cuts):
            sums = (digits[:, start:stop].double() @ levels[:, start:stop].double().t()).to(torch.float32)
            factor, offset, low, high = (x[index] for x in limits)
            seen = sums.mul_(factor).add_(offset).round_().clamp_(low, high)
            total += weight * seen.to(torch.int64)
    return total


def blocks_of(levels: torch.Tensor, cuts) -> list[list[torch.Tensor]]:
    if levels.abs().max() <= 128:
        return [[levels[:, start:stop].to(torch.int8).t()] for start, stop in cuts]
    low = ((levels + 128) & 255) - 128
    planes = (low.to(torch.int8), ((levels - low) >> 8).to(torch.int8))
    return [[plane[:, start:stop].t() for plane in planes] for start, stop in cuts]


@compiled
@pytest.mark.parametrize("kernel", KERNELS)
@given(
    form=FORMS, span=RANGES, rows=st.sampled_from([1, 3, 17, 40]), columns=st.sampled_from([1, 31, 33, 70]),
    slices=st.integers(1, 4), k=st.sampled_from([1, 40, 100, 300]), height=st.sampled_from([7, 64, 256]),
    by=st.sampled_from(["matrix", "column", "block"]), moved=st.booleans(), high=st.sampled_from([30.0, 255.0]),
    threads=st.integers(1, 3), seed=st.integers(0, 999),
)  # fmt: skip
def test_every_kernel_equals_torch_bit_for_bit(
    kernel, form, span, rows, columns, slices, k, height, by, moved, high, threads, seed
):
    draw = torch.Generator().manual_seed(seed)
    codes, width = codes_of(form, rows, k, draw), slices * columns
    levels = torch.randint(span[0], span[1] + 1, (width, k), generator=draw)
    cuts = [(start, min(start + height, k)) for start in range(0, k, height)]
    shape = {"matrix": (), "column": (width,), "block": (len(cuts), width)}[by]
    # Steps of a few units, and now and then of exactly two: then many sums lie halfway between two codes.
    most = max(1, max(map(abs, span)) * max(mask for *_, mask, _ in pulse_fields(form)) * height)
    step = 2.0 if seed % 3 == 0 else most / 100 * (0.5 + torch.rand(shape, generator=draw))
    converter = Converter(
        factor=torch.as_tensor(1 / step, dtype=torch.float32),
        offset=torch.randn(shape, generator=draw) if moved else 0.0,
        low=-torch.randint(0, 100, shape, generator=draw).float(), high=torch.full(shape, high),
    )  # fmt: skip
    planes = blocks_of(levels, cuts)
    fits = kernel in bitline_kernels.variants("bytes") or _takes_bits(planes, form)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CHOICE, kernel)
        chosen = kernel_for(planes, form)
    assert (chosen == kernel) == fits
    worth = Worth(
        places=[(-2.0) ** index for index in range(slices)], step=torch.rand(width, generator=draw).double(),
        base=torch.randn(width, generator=draw).double(), of_column=torch.randn(columns, generator=draw).double(),
    )  # fmt: skip
    of_row = torch.randn(rows, generator=draw).double()
    readout = Packed(planes, slices, form, chosen).readout(converter, worth)
    torch.set_num_threads(threads)
    totals, sums = readout.totals(codes), readout.sums(codes, of_row)
    torch.set_num_threads(1)
    wanted = by_torch(codes, levels, cuts, form, converter)
    assert torch.equal(totals.long(), wanted)
    whole = torch.zeros(rows, columns, dtype=torch.float64)
    for index, part in enumerate(wanted.split(columns, dim=1)):
        at = slice(index * columns, (index + 1) * columns)
        whole += worth.places[index] * (part * worth.step[at] + worth.base[at])
    assert torch.equal(sums, (whole - worth.of_column - of_row[:, None]).float())


def _takes_bits(planes, form) -> bool:
    low, high = (pick(int(pick(one[0].min(), one[0].max())) for one in planes) for pick in (min, max))
    narrow = low >= -8 and high <= (7 if low < 0 else 15)
    return narrow and len(planes[0]) == 1 and form.bits_per_pulse == 1 and form.signed != "bipolar"


@given(form=FORMS, seed=st.integers(0, 99))
def test_fields_of_pulses_say_what_pulses_does(form, seed):
    codes = codes_of(form, 3, 20, torch.Generator().manual_seed(seed))
    total = torch.zeros_like(codes, dtype=torch.int32)
    for weight, digits in sent(codes, form):
        total += weight * digits
    assert torch.equal(total, codes.to(torch.int32) + input_offset(form))
    if form.signed in ("twos_complement", "offset", "sign_split"):
        ours = [(weight, digits.tolist()) for weight, digits in sent(codes, form)]
        assert ours == [(pulse.weight, pulse.digits.tolist()) for pulse in pulses(codes, form)]


@compiled
def test_a_row_does_not_depend_on_the_rows_beside_it():
    draw = torch.Generator().manual_seed(0)
    form = InputFormat()
    codes, levels = codes_of(form, 50, 80, draw), torch.randint(0, 4, (36, 80), generator=draw)
    planes = blocks_of(levels, [(0, 64), (64, 80)])
    kernel = kernel_for(planes, form)
    readout = Packed(planes, 4, form, kernel).readout(
        Converter(factor=0.3, low=0.0, high=40.0), Worth(places=(1, 4, 16, 64))
    )
    together = readout.sums(codes)
    assert torch.equal(together, torch.cat([readout.sums(row[None]) for row in codes]))


@compiled
@pytest.mark.parametrize("noise", [None, Spread(sigma_fraction=0.05)])
def test_copies_and_stored_models_still_compute(noise):
    arithmetic = Analog(
        weight=WeightFormat(), input=InputFormat(), cell=Cell(technology="reram", bits=2, programming_noise=noise),
        array=Array(rows=32, columns=64), adc=Adc(bits=6),
    )  # fmt: skip
    weight, x = torch.randn(9, 40), torch.randn(3, 40)
    matrix = program(weight, arithmetic, key=(0,), plan="exact")
    before = matrix.stored_bytes
    planes = [block.planes for block in matrix.rows[0].computed.cells.blocks]
    wanted = matrix.multiply(x)
    # Cells are held once, as the kernel has them, and come back as they were.
    packed = matrix.rows[0].computed._packed.stored_bytes
    assert matrix.stored_bytes - packed < before - sum(plane.nbytes for block in planes for plane in block) + 1
    for other in (copy.deepcopy(matrix), copy.copy(matrix), pickle.loads(pickle.dumps(matrix))):
        assert torch.equal(other.multiply(x), wanted)
    again = [block.planes for block in matrix.rows[0].computed.cells.blocks]
    for one, two in zip(planes, again, strict=True):
        assert all(torch.equal(*pair) for pair in zip(one, two, strict=True))
    assert torch.equal(matrix.multiply(x), wanted)


@compiled
def test_whole_results_are_integers():
    form = InputFormat()
    codes, levels = torch.full((2, 64), -127, dtype=torch.int8), torch.full((3, 64), 3)
    planes = blocks_of(levels, [(0, 64)])
    converter, worth = Converter(factor=1.0, low=0.0, high=2.0**24), Worth(places=(1,), of_column=5.0)
    found = Packed(planes, 1, form, kernel_for(planes, form)).readout(converter, worth).sums(codes, 1.0, whole=True)
    assert found.dtype == torch.int64
    assert found.tolist() == [[-127 * 3 * 64 - 6] * 3] * 2


@compiled
def test_what_is_beyond_the_kernels_is_left_to_torch(monkeypatch):
    planes = blocks_of(torch.randint(0, 4, (8, 16)), [(0, 16)])
    assert kernel_for(planes, InputFormat(bits=12, bits_per_pulse=12, signed="offset")) is None
    assert kernel_for([[plane[None] for plane in block] for block in planes], InputFormat()) is None
    packed = Packed(planes, 2, InputFormat(), kernel_for(planes, InputFormat()))
    assert packed.readout(Converter(factor=1e6, low=0.0, high=2.0**24), Worth(places=(1, 4))) is None
    monkeypatch.setenv(CHOICE, "torch")
    assert kernel_for(planes, InputFormat()) is None


@compiled
def test_plain_code_is_used_only_if_asked_for(monkeypatch):
    planes = blocks_of(torch.randint(0, 4, (8, 16)), [(0, 16)])
    only = type("Kernels", (), {"variants": staticmethod(lambda form: [] if form == "bits" else ["portable"])})
    monkeypatch.setattr("bitline.numerics.plans.fused._kernels", lambda: only)
    assert kernel_for(planes, InputFormat()) is None
    monkeypatch.setenv(CHOICE, "portable")
    assert kernel_for(planes, InputFormat()) == "portable"


@compiled
def test_a_kernel_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv(CHOICE, "avx1")
    with pytest.raises(ConfigError, match=r"BITLINE_KERNEL = 'avx1' is not one of .*portable"):
        kernel_for(blocks_of(torch.ones(2, 3, dtype=torch.int64), [(0, 3)]), InputFormat())


@compiled
@pytest.mark.parametrize("kernel", KERNELS)
@given(
    form=FORMS, weight_bits=st.integers(2, 9), cell_bits=st.integers(1, 5), k=st.sampled_from([5, 40, 70]),
    encoding=st.sampled_from(["offset", "differential", "sign_split"]), stray=st.booleans(),
    adc=st.builds(Adc, bits=st.integers(2, 10), range=st.sampled_from(["full", "unit"]),
                  steps=st.sampled_from([None, "all"])),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_whole_descriptions_give_the_same_bits_as_torch(
    kernel, form, weight_bits, cell_bits, k, encoding, stray, adc, seed
):
    cell = Cell(technology="reram", bits=cell_bits, programming_noise=Spread(sigma_fraction=0.05) if stray else None)
    arithmetic = Analog(
        weight=WeightFormat(bits=weight_bits, encoding=encoding), input=form, cell=cell,
        array=Array(rows=32, columns=64), adc=adc,
    )  # fmt: skip
    draw = torch.Generator().manual_seed(seed)
    weight, x = torch.randn(37, k, generator=draw), torch.randn(6, k, generator=draw)
    x = x.abs() if form.signed == "unsigned" else x
    found, used = [], []
    computed = Readout.sums
    for name in ("torch", kernel):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(CHOICE, name)
            patch.setattr(Readout, "sums", lambda self, *args, **more: used.append(1) or computed(self, *args, **more))
            found.append(program(weight, arithmetic, key=(seed,), plan="exact").multiply(x))
        assert len(used) == (name != "torch")
    assert torch.equal(*found)
