"""What one device sends in an exchange, and how many messages follow each other."""

from __future__ import annotations

from bitline.hardware.devices import Devices
from bitline.operators import Exchange, Size


def values_sent(exchange: Exchange, devices: Devices) -> tuple[Size, int]:
    """Give the values that the busiest device sends, and the messages that wait for each other.

    An all-reduce over a ring of p devices takes 2 (p - 1) messages of a p-th part of the values, directly two messages
    of as much in all; gathered by one device, that one takes in (p - 1) parts and sends the sum to all at once.
    Over one link of p - 1 at a time it takes p - 1 messages of a p-th part, at the double of a link's rate one way, and
    the sums go over all links: for the rate of all links one way as much as (p^2 - 1) / 2 parts. An all-gather is half
    of a ring or of direct exchanges, an all-to-all leaves a p-th where it is, and a hand-over is one message.
    """
    p, values = exchange.devices, exchange.elements
    parts = values * ((p - 1) / p)
    ring = devices.all_reduce == "ring"
    if exchange.role == "all_reduce":
        if devices.all_reduce == "gather":
            return values * p, 2
        if devices.all_reduce == "one_link":
            return values * ((p * p - 1) / (2 * p)), p - 1
        return 2 * parts, 2 * (p - 1) if ring else 2
    if exchange.role == "all_gather":
        return parts, p - 1 if ring else 1
    if exchange.role == "all_to_all":
        return parts, 1
    return values, 1


def values_of_each(exchange: Exchange, devices: Devices) -> Size:
    """Give the values that a device sends as a mean over all: fewer where one gathers them, or links stand idle."""
    values, _ = values_sent(exchange, devices)
    p = exchange.devices
    if exchange.role == "all_reduce" and devices.all_reduce == "gather":
        return values / p
    if exchange.role == "all_reduce" and devices.all_reduce == "one_link":
        return exchange.elements * (2 * (p - 1) / p)
    return values
