"""What one device sends in an exchange, and how many messages follow each other."""

from __future__ import annotations

from bitline.hardware.devices import Devices
from bitline.operators import Exchange, Size


def values_sent(exchange: Exchange, devices: Devices) -> tuple[Size, int]:
    """Give the values that the busiest device sends, and the messages that wait for each other.

    An all-reduce over a ring of p devices takes 2 (p - 1) messages of a p-th part of the values, directly two messages
    of as much in all; gathered by one device, that one takes in (p - 1) parts and sends the sum to all at once. An
    all-gather is half of that, an all-to-all leaves a p-th where it is, and a hand-over is one message.
    """
    p, values = exchange.devices, exchange.elements
    parts = values * ((p - 1) / p)
    ring = devices.all_reduce == "ring"
    if exchange.role == "all_reduce":
        if devices.all_reduce == "gather":
            return values * p, 2
        return 2 * parts, 2 * (p - 1) if ring else 2
    if exchange.role == "all_gather":
        return parts, p - 1 if ring else 1
    if exchange.role == "all_to_all":
        return parts, 1
    return values, 1


def values_of_each(exchange: Exchange, devices: Devices) -> Size:
    """Give the values that a device sends as a mean over all: only where one gathers them does it send more."""
    values, _ = values_sent(exchange, devices)
    gathers = exchange.role == "all_reduce" and devices.all_reduce == "gather"
    return values / exchange.devices if gathers else values
