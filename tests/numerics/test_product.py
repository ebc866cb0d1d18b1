"""Products of activations: whole numbers where they should be, and the same in prefill and in cached decoding."""

from __future__ import annotations

import pytest
import torch

from bitline.errors import ConfigError
from bitline.hardware import (
    Adc,
    Analog,
    Array,
    Cell,
    Correction,
    Floating,
    InputFormat,
    Integer,
    Spread,
    Storage,
    WeightFormat,
    WireModel,
)
from bitline.numerics import product, program

torch.set_num_threads(1)

BATCH, HEADS, TOKENS, WIDTH = 2, 3, 45, 24


def analog(**changes: object) -> Analog:
    parts = {
        "weight": WeightFormat(), "input": InputFormat(), "cell": Cell(technology="sram", bits=1),
        "array": Array(rows=16, columns=64), "adc": Adc(bits=4),
    }  # fmt: skip
    return Analog(**{**parts, **changes})  # type: ignore[arg-type]


def noisy(**changes: object) -> Analog:
    cell = Cell(
        technology="pcm",
        bits=2,
        on_off_ratio=20.0,
        programming_noise=Spread(sigma_fraction=0.03),
        read_noise=Spread(sigma_fraction=0.02, of="state"),
    )
    return analog(**{"cell": cell, "adc": Adc(bits=6), "output_noise_fraction": 0.003, **changes})


ENGINES = {
    "float": Floating(),
    "integer": Integer(weight=WeightFormat(), input=InputFormat()),
    "wide": Integer(weight=WeightFormat(bits=16), input=InputFormat(bits=16)),
    "lossless": analog(adc=Adc(bits=8)),
    "coarse": analog(),
    "pairs": noisy(weight=WeightFormat(encoding="differential")),
    "noisy": noisy(),
    "bias column": noisy(
        weight=WeightFormat(encoding="bias_column"),
        adc=Adc(bits=6, gain_spread_fraction=0.02, offset_spread_codes=0.3, per_array=64, noise_codes=0.2),
    ),
    "offset converters": noisy(adc=Adc(bits=6, offset_spread_codes=0.5, inl_codes=(0.3, 0.4), per_array=64)),
    "no code at nothing": analog(weight=WeightFormat(encoding="differential"), adc=Adc(bits=3, steps="all")),
    "narrow": noisy(adc=Adc(bits=6, offset_spread_codes=0.5), correction=Correction(accumulator_bits=14)),
    "split": noisy(input=InputFormat(signed="sign_split", bits_per_pulse=3)),
}


def operands(m: int = TOKENS, tokens: int = TOKENS) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Queries, keys and values of the same tokens."""
    draw = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(BATCH, HEADS, TOKENS, WIDTH, generator=draw) for _ in range(3))
    return query[..., :m, :], key[..., :tokens, :], value[..., :tokens, :]


def shares(scores: torch.Tensor) -> torch.Tensor:
    seen = torch.ones(scores.shape[-2:], dtype=torch.bool).tril(scores.shape[-1] - scores.shape[-2])
    return torch.where(seen, scores.double().sigmoid().float(), 0.0)


def codes(values: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    top = 2 ** (bits - 1) - 1
    scale = values.abs().amax(-1, keepdim=True) / top
    return torch.round(values / scale).double(), scale


@pytest.mark.parametrize("bits", [2, 4, 8, 12, 16, 24])
def test_whole_numbers_are_multiplied_exactly(bits):
    engine = Integer(weight=WeightFormat(bits=bits), input=InputFormat(bits=bits))
    query, key, value = operands()
    (q, q_scale), (k, k_scale), (v, v_scale) = (codes(each, bits) for each in (query, key, value))
    found = product(query, key.mT, engine, scales="n", key=(0,))
    assert torch.equal(found, (q @ k.mT).float() * q_scale * k_scale.mT)
    moving = shares(found)
    m, step = codes(moving * v_scale.mT, bits)
    assert torch.equal(product(moving, value, engine, scales="k", key=(0,)), (m @ v).float() * step)


@pytest.mark.parametrize("scales", ["n", "k"])
def test_an_analog_engine_that_loses_nothing_equals_integers(scales):
    query, key, value = operands()
    moving, held = (query, key.mT) if scales == "n" else (shares(query @ key.mT), value)
    wanted = product(moving, held, ENGINES["integer"], scales=scales, key=(0,))
    # Sums of 16 one-bit products need five bits; a converter of seven over 128 rows has a code for each as well.
    for engine in (
        analog(adc=Adc()),
        analog(adc=Adc(bits=5)),
        analog(adc=Adc(bits=7), array=Array(rows=127, columns=8)),
    ):
        assert torch.equal(product(moving, held, engine, scales=scales, key=(0,)), wanted)
    assert not torch.equal(product(moving, held, analog(), scales=scales, key=(0,)), wanted)


def test_scores_are_those_of_a_programmed_matrix_of_keys():
    query, key, _ = operands()
    for name in ("integer", "lossless", "coarse"):
        found = product(query, key.mT, ENGINES[name], scales="n", key=(0,))
        for b in range(BATCH):
            for h in range(HEADS):
                assert torch.equal(found[b, h], program(key[b, h], ENGINES[name], key=(0,)).multiply(query[b, h]))


@pytest.mark.parametrize("name", ENGINES)
def test_decoding_with_a_cache_equals_prefill(name):
    query, key, value = operands()
    engine = ENGINES[name]
    scores = product(query, key.mT, engine, scales="n", key=(0, "scores"))
    mixed = product(shares(scores), value, engine, scales="k", key=(0, "context"))
    close = {"rtol": 1e-5, "atol": 1e-5} if name == "float" else {"rtol": 0, "atol": 0}
    for last in (1, 15, 16, 17, 33, TOKENS):
        one = slice(last - 1, last)
        step = product(query[..., one, :], key[..., :last, :].mT, engine, scales="n", key=(0, "scores"))
        torch.testing.assert_close(step, scores[..., one, :last], **close)
        moving = shares(scores)[..., one, :last]
        out = product(moving, value[..., :last, :], engine, scales="k", key=(0, "context"))
        torch.testing.assert_close(out, mixed[..., one, :], **close)


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "float"])
def test_a_sequence_does_not_see_the_others_of_its_batch(name):
    query, key, value = operands()
    moving = shares(query @ key.mT)
    for scales, left, right in (("n", query, key.mT), ("k", moving, value)):
        together = product(left, right, ENGINES[name], scales=scales, key=(0,))
        alone = product(left[1:], right[1:], ENGINES[name], scales=scales, key=(0,))
        assert torch.equal(together[1:], alone)
        assert torch.equal(together[1, 2], product(left[1, 2], right[1, 2], ENGINES[name], scales=scales, key=(0,)))


@pytest.mark.parametrize("scales", ["n", "k"])
@pytest.mark.parametrize("encoding", ["offset", "differential"])
def test_every_head_and_token_has_errors_of_its_own(scales, encoding):
    sigma = 0.05
    cell = Cell(technology="pcm", bits=1, on_off_ratio=2.0, programming_noise=Spread(sigma_fraction=sigma))
    engine = analog(cell=cell, adc=Adc(), weight=WeightFormat(bits=4, encoding=encoding))
    draw = torch.Generator().manual_seed(3)
    tokens = torch.randint(-7, 8, (4, 60, 30), generator=draw).float()
    tokens[..., 0] = 7.0
    if scales == "n":
        error = product(torch.eye(30).expand(4, 30, 30), tokens.mT, engine, scales="n", key=(0,)).mT - tokens
    else:
        error = product(torch.eye(60).expand(4, 60, 60), tokens, engine, scales="k", key=(0,)) - tokens
    slices = 4 if encoding == "offset" else 3
    wanted = sigma * (sum(4.0**i for i in range(slices)) * (1 if encoding == "offset" else 2)) ** 0.5
    assert float(error.std()) == pytest.approx(wanted, rel=0.03)
    between = torch.corrcoef(error.reshape(4 * 60, 30))
    assert float((between - torch.eye(240)).square().mean()) == pytest.approx(1 / 29, rel=0.1)
    assert torch.equal(error, _again(engine, tokens, scales))


def _again(engine: Analog, tokens: torch.Tensor, scales: str) -> torch.Tensor:
    """Compute the same error with the tokens the other way round: they keep their errors."""
    turned = tokens.flip(1)
    if scales == "n":
        out = product(torch.eye(30).expand(4, 30, 30), turned.mT, engine, scales="n", key=(0,)).mT
    else:
        out = product(torch.eye(60).expand(4, 60, 60), turned, engine, scales="k", key=(0,))
    return (out - turned).flip(1)


@pytest.mark.parametrize("name", ["pairs", "noisy", "split"])
def test_the_key_decides_the_noise(name):
    query, key, _ = operands()
    one, again, other = (product(query, key.mT, ENGINES[name], scales="n", key=(seed,)) for seed in (0, 0, 1))
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_comes_back_as_it_went(dtype):
    query, key, value = (each.to(dtype) for each in operands())
    for name in ("integer", "noisy"):
        scores = product(query, key.mT, ENGINES[name], scales="n", key=(0,))
        assert scores.dtype == dtype
        assert product(shares(scores).to(dtype), value, ENGINES[name], scales="k", key=(0,)).dtype == dtype


def test_a_number_that_is_none_is_seen_where_it_counts():
    query, key, _ = operands()
    key = key.clone()
    key[0, 1, 7, 3] = torch.nan
    scores = product(query, key.mT, ENGINES["noisy"], scales="n", key=(0,))
    assert scores[0, 1, :, 7].isnan().all()
    assert scores.isnan().sum() == TOKENS


def test_heads_may_share_what_is_held():
    query, key, _ = operands()
    for name in ("integer", "coarse", "noisy"):
        shared = product(query, key[:, :1].mT, ENGINES[name], scales="n", key=(0,))
        repeated = product(query, key[:, :1].expand_as(key).mT, ENGINES[name], scales="n", key=(0,))
        assert torch.equal(shared, repeated)


def test_formats_that_mean_nothing_together_are_refused():
    query, key, _ = operands()
    with pytest.raises(ConfigError, match=r"input.bits_per_pulse = 2 is not 1"):
        product(query, key.mT, analog(input=InputFormat(bits_per_pulse=2)), scales="n", key=(0,))


@pytest.mark.parametrize(("changes", "name"), [
    ({"weight": WeightFormat(scale="tensor")}, "weight.scale"),
    ({"weight": WeightFormat(clip_sigmas=2.0)}, "weight.clip_sigmas"),
    ({"input": InputFormat(range="static")}, "input.range"),
    ({"adc": Adc(bits=6, range="calibrated")}, "adc.range"),
    ({"array": Array(rows=16, columns=32, wire_resistance_ohm=1.0)}, "array.wire_resistance_ohm"),
    ({"array": Array(rows=16, columns=32, wires=WireModel(bitline_ohm=1.0))}, "array.wires"),
    ({"correction": Correction(affine="column")}, "correction.affine"),
    ({"storage": Storage(flipped_fraction=0.1)}, "storage.flipped_fraction"),
    ({"cell": Cell(technology="pcm", bits=2, read_noise=Spread(sigma_fraction=0.1, replays=3))}, "replays"),
])  # fmt: skip
def test_what_is_known_for_trained_weights_only_is_refused_and_never_ignored(changes, name):
    moving, stationary = torch.ones(2, 8), torch.ones(8, 4)
    cell = Cell(technology="reram", bits=2, g_max_siemens=1e-5)
    parts = {"weight": WeightFormat(), "input": InputFormat(), "cell": cell,
             "array": Array(rows=16, columns=32), "adc": Adc(bits=6)}  # fmt: skip
    product(moving, stationary, Analog(**parts), scales="n", key=(0,))
    with pytest.raises(ConfigError, match=f"{name}.* as this is not known for keys and values"):
        product(moving, stationary, Analog(**{**parts, **changes}), scales="n", key=(0,))
