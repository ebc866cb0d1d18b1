"""Cambricon-LLM's outlier code: the largest codes of a page are kept several times, smaller ones not at all.

Codes fill pages in the order of their matrix, row by row (a published tile would fill them in another order;
assumption). What the publication leaves open and is decided here: of equal codes those first on the page are
protected; the threshold is the smallest protected magnitude, and only a larger one counts as hit; copies, addresses
and thresholds flip at the same rate as codes; an address with two or more errors protects nothing, and its code is
then judged by the threshold like any other.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bitline.hardware import OutlierCode
from bitline.numerics.chance import Key
from bitline.numerics.storage.flips import flip_bits, flipped_places

_PAGES = 64
"""Pages ranked at a time."""


def protected_read(codes: Tensor, bits: int, rate: float, code: OutlierCode, key: Key) -> Tensor:
    """Give codes as they are read from pages with the outlier code, when each stored bit flips at this rate."""
    read = flip_bits(codes, bits, rate, (*key, "codes")).flatten().clone()
    stored = codes.flatten()
    whole = len(stored) // code.page_values * code.page_values
    spans = ((0, whole, code.page_values), (whole, len(stored), len(stored) - whole))
    for start, stop, values in spans:
        if stop > start:
            pages = stored[start:stop].view(-1, values), read[start:stop].view(-1, values)
            _correct(*pages, bits, rate, code, (*key, start))
    return read.view(codes.shape)


def _correct(stored: Tensor, read: Tensor, bits: int, rate: float, code: OutlierCode, key: Key) -> None:
    """Correct pages `[pages, values]` in place, by what their spare area says."""
    count = code.protected(stored.shape[1])
    if count == 0:
        return
    where = torch.cat([_largest(part, count) for part in torch.split(stored, _PAGES)])
    kept = stored.gather(1, where)
    copies = [flip_bits(kept, bits, rate, (*key, "copy", index)) for index in range(code.copies)]
    corrected = majority([read.gather(1, where), *copies], bits)
    threshold = kept[:, -1:].to(torch.int32).abs()
    said = [flip_bits(threshold, bits, rate, (*key, "threshold", index)) for index in range(code.threshold_copies)]
    limit = majority(said, bits).to(torch.int32) if said else threshold
    found = _addressed(where, rate, code, (*key, "address"))
    safe = torch.zeros_like(read, dtype=torch.bool).scatter_(1, where, found)
    read.scatter_(1, where, torch.where(found, corrected, read.gather(1, where)))
    read.masked_fill_((read.to(torch.int32).abs() > limit) & ~safe, 0)


def majority(copies: list[Tensor], bits: int) -> Tensor:
    """Give the code whose every bit is the one that most copies have; of an even split, that of the first."""
    total = torch.zeros_like(copies[0], dtype=torch.int32)
    for place in range(bits):
        ones = torch.stack([(copy.to(torch.int32) >> place) & 1 for copy in copies])
        votes = 2 * ones.sum(dim=0) - len(copies)
        total += torch.where(votes == 0, ones[0], (votes > 0).to(torch.int32)) << place
    sign = 1 << (bits - 1)
    return ((total ^ sign) - sign).to(copies[0].dtype)


def _largest(pages: Tensor, count: int) -> Tensor:
    """Find the places of the `count` largest magnitudes of each page, largest first, of equals the first."""
    values = pages.shape[1]
    rank = pages.to(torch.int64).abs() * values + torch.arange(values - 1, -1, -1, device=pages.device)
    return rank.topk(count, dim=1).indices


def _addressed(where: Tensor, rate: float, code: OutlierCode, key: Key) -> Tensor:
    """Say which entries still point to their code: those with at most one error in address and parity."""
    length = code.address_bits + code.parity_bits
    hit = torch.bincount(flipped_places(where.numel() * length, rate, key) // length, minlength=where.numel())
    allowed = 1 if code.parity_bits else 0
    return (hit <= allowed).view(where.shape).to(where.device)
