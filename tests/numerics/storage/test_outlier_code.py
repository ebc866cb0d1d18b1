"""The outlier code: what it costs, what it mends and what it gives up, against a reading of it value by value."""

from __future__ import annotations

import pytest
import torch

from bitline.hardware import OutlierCode, Storage
from bitline.numerics.storage import flip_bits, protected_read, stored
from bitline.numerics.storage.outlier_code import majority

SMALL = OutlierCode(page_values=64, protected_fraction=0.1)


def pages(count: int = 8, values: int = 64, seed: int = 0) -> torch.Tensor:
    drawn = torch.randn(count, values, generator=torch.Generator().manual_seed(seed)) * 12
    return drawn.round().clamp(-127, 127).to(torch.int8)


def test_the_published_page_takes_722_bytes_of_its_spare_area():
    code = OutlierCode()
    assert code.protected(code.page_values) == 163
    assert code.address_bits == 14
    assert code.spare_bits(8) / 8 == pytest.approx(722, abs=0.5)
    assert code.spare_bits(8) / 8 <= 1664


@pytest.mark.parametrize("shape", [(8, 64), (5, 13), (3, 64), (1, 7), (65, 64)])
def test_nothing_changes_where_nothing_flips(shape):
    given = pages(*shape)
    assert torch.equal(protected_read(given, 8, 0.0, SMALL, (0,)), given)


def test_the_majority_is_taken_bit_by_bit():
    one, two, three = (torch.tensor([value], dtype=torch.int8) for value in (0b0101, 0b0110, -1))
    assert majority([one, two, three], 8).item() == 0b0111
    assert majority([three, three, one], 8).item() == -1
    assert majority([one, two], 8).item() == 0b0101


def test_the_largest_come_back_right_though_their_own_bits_flip():
    given = pages(400)
    read = protected_read(given, 8, 2e-3, SMALL, (1,))
    plain = flip_bits(given, 8, 2e-3, (1, "codes"))
    largest = given.int().abs().topk(6, dim=1).indices
    wrong = (read.gather(1, largest) != given.gather(1, largest)).sum()
    wrong_plain = (plain.gather(1, largest) != given.gather(1, largest)).sum()
    assert wrong_plain > 20
    assert wrong <= 0.1 * wrong_plain


def test_a_small_code_hit_in_a_high_bit_counts_as_zero():
    given = torch.ones(1000, 64, dtype=torch.int8)
    given[:, :6] = 20
    read = protected_read(given, 8, 1e-3, SMALL, (2,)).int()
    plain = flip_bits(given, 8, 1e-3, (2, "codes")).int()
    large = plain[:, 6:].abs() > 20
    assert large.any()
    assert (read[:, 6:][large] == 0).float().mean() > 0.99
    assert torch.equal(read[:, 6:][~large], plain[:, 6:][~large])


def test_two_errors_in_an_address_drop_the_protection():
    sure = OutlierCode(page_values=64, protected_fraction=0.1, copies=2, parity_bits=0)
    given = torch.zeros(4000, 64, dtype=torch.int8)
    given[:, :6] = torch.tensor([60, 50, 40, 30, 20, 10], dtype=torch.int8)
    rate = 0.01
    read = protected_read(given, 8, rate, sure, (3,))
    # Without parity one error of the six address bits is enough: the code then counts as hit, unless it is the
    # threshold itself.
    lost = (read[:, :4] == 0).float().mean()
    assert lost == pytest.approx(1 - (1 - rate) ** 6, rel=0.15)
    mended = protected_read(given, 8, rate, SMALL, (3,))
    assert (mended[:, :4] == 0).float().mean() == pytest.approx(45 * rate**2, rel=0.5)


def by_hand(given, read, limits, code):
    """Read pages one value at a time as the publication says, without errors outside the codes."""
    out = []
    for page, seen, limit in zip(given.tolist(), read.tolist(), limits, strict=True):
        order = sorted(range(len(page)), key=lambda at: (-abs(page[at]), at))[: code.protected(len(page))]
        kept = set(order)
        out.append([page[at] if at in kept else 0 if abs(value) > limit else value for at, value in enumerate(seen)])
    return torch.tensor(out, dtype=torch.int8)


def test_pages_agree_with_a_reading_value_by_value():
    # With many copies and a parity that is never needed only the codes' own errors are left.
    given, rate = pages(30, seed=4), 3e-3
    many = OutlierCode(page_values=64, protected_fraction=0.1, copies=40, threshold_copies=41, parity_bits=5)
    found = protected_read(given, 8, rate, many, (4,))
    limits = given.int().abs().topk(6, dim=1).values[:, -1].tolist()
    wanted = by_hand(given, flip_bits(given, 8, rate, (4, "codes")), limits, many)
    assert (found != wanted).sum() <= 2  # two errors in one address, at 0.2 % of entries
    assert torch.equal(found[0:1], wanted[0:1])


def test_storage_that_says_nothing_keeps_codes():
    given = pages()
    assert stored(given, 8, None, (0,)) is given
    assert stored(given, 8, Storage(protection=OutlierCode()), (0,)) is given
    bare = stored(given, 8, Storage(flipped_fraction=1e-2), (0,))
    assert torch.equal(bare, flip_bits(given, 8, 1e-2, (0, "codes")))
    kept = stored(given, 8, Storage(flipped_fraction=1e-2, protection=SMALL), (0,))
    assert torch.equal(kept, protected_read(given, 8, 1e-2, SMALL, (0,)))
    assert (kept.float() - given).square().mean() < (bare.float() - given).square().mean()


def test_a_short_last_page_keeps_its_share():
    given = pages(1, 64 * 3 + 30)
    read = protected_read(given, 8, 0.0, SMALL, (0,))
    assert torch.equal(read, given)
    hit = protected_read(given, 8, 0.02, SMALL, (6,))
    assert hit.shape == given.shape
