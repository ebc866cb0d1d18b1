r"""Read-compute rounds on the channels of a flash, and what they leave of a channel for plain reads.

In a round every die of a channel reads one page and multiplies it with one input that all of them share. The input
crosses first; then pages come to their registers; results of a round cross while the next one reads:

    round           T + in / bw,  T = max(tR, compute, out / bw)
    left over       (bw T - out) / round        cut into slices, plain reads take all of it
    a page whole    in the way of the next input: a round then takes page / bw longer and brings one page

After Cambricon-LLM (Yu et al., MICRO 2024), sections IV and V, where $t_{rc} = t_R + W / (\text{channels} \cdot bw)$
and a share $(H + W / \text{channels}) / (t_R \cdot bw)$ of the channel is taken [stated]: the same to within 1 %, as
results are here counted against a whole round. Sizes are bytes on one channel.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bitline.hardware.flash import Flash

Seconds: TypeAlias = float | NDArray[np.float64]
Bytes: TypeAlias = float | NDArray[Any]


def busy_s(flash: Flash, *, outputs_bytes: Bytes, compute_s: Seconds = 0.0) -> Seconds:
    """Seconds of a round after its input: reading, computing or sending the results before, whichever is slowest."""
    sending = outputs_bytes / flash.channel_bytes_per_s
    return np.maximum(np.maximum(flash.read_s, compute_s), sending)


def round_s(flash: Flash, *, inputs_bytes: Bytes, outputs_bytes: Bytes, compute_s: Seconds = 0.0) -> Seconds:
    """Seconds from one round to the next."""
    return busy_s(flash, outputs_bytes=outputs_bytes, compute_s=compute_s) + inputs_bytes / flash.channel_bytes_per_s


def left_bytes_per_s(flash: Flash, *, inputs_bytes: Bytes, outputs_bytes: Bytes, compute_s: Seconds = 0.0) -> Seconds:
    """Bytes per second that rounds leave on one channel for plain reads cut into slices."""
    busy = busy_s(flash, outputs_bytes=outputs_bytes, compute_s=compute_s)
    between = round_s(flash, inputs_bytes=inputs_bytes, outputs_bytes=outputs_bytes, compute_s=compute_s)
    return (flash.channel_bytes_per_s * busy - outputs_bytes) / between


def whole_page_round_s(flash: Flash, *, inputs_bytes: Bytes, outputs_bytes: Bytes, compute_s: Seconds = 0.0) -> Seconds:
    """Seconds from one round to the next where one page, not cut, crosses in every round and holds up the next."""
    between = round_s(flash, inputs_bytes=inputs_bytes, outputs_bytes=outputs_bytes, compute_s=compute_s)
    return between + flash.page_bytes / flash.channel_bytes_per_s
