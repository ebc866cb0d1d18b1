"""Convolutions on a chip: the kernel is one matrix, and every place it looks at is one vector."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast, final

from torch import Tensor, nn

from bitline.numerics.modules.held import HELD, Held


@final
class ProgrammedConv2d(nn.Conv2d):
    """A two-dimensional convolution whose products run on the chip; the bias is added digitally."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name nn.Conv2d gives it
        """Map `[b, channels, height, width]` to `[b, n, rows, columns]`."""
        return _convolved(self, input)


@final
class ProgrammedConv1d(nn.Conv1d):
    """A one-dimensional convolution whose products run on the chip; the bias is added digitally."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name nn.Conv1d gives it
        """Map `[b, channels, length]` to `[b, n, places]`."""
        return _convolved(self, input.unsqueeze(-2)).squeeze(-2)


def can_convolve(module: nn.Module) -> bool:
    """Say whether a module is a convolution that is one matrix: one group, zeros around."""
    if type(module) is not nn.Conv1d and type(module) is not nn.Conv2d:
        return False
    return module.groups == 1 and module.padding_mode == "zeros" and module.padding != "same"


def kernel_of(module: nn.Module) -> Sequence[Tensor]:
    """Give the kernel as the one matrix `[n, k]` to program, k running over channels and then places."""
    return (cast("Tensor", module.weight).flatten(1),)


def convolution_class(module: nn.Module) -> type[nn.Module]:
    """Give the class that a convolution takes on the chip."""
    return ProgrammedConv2d if isinstance(module, nn.Conv2d) else ProgrammedConv1d


def _convolved(module: nn.Conv1d | nn.Conv2d, image: Tensor) -> Tensor:
    held: Held = getattr(module, HELD)
    stated = (0,) * len(module.kernel_size) if isinstance(module.padding, str) else module.padding
    kernel, padding = _pair(module.kernel_size, 1), _pair(stated, 0)
    dilation, stride = _pair(module.dilation, 1), _pair(module.stride, 1)
    patches = nn.functional.unfold(image, kernel, dilation=dilation, padding=padding, stride=stride)
    result = held.multiply(patches.transpose(1, 2), kernel_of(module)[0])
    if module.bias is not None:
        result = result + module.bias
    sides = zip(image.shape[2:], kernel, padding, dilation, stride, strict=True)
    places = [(side + 2 * p - d * (k - 1) - 1) // s + 1 for side, k, p, d, s in sides]
    return result.transpose(1, 2).reshape(image.shape[0], module.out_channels, *places)


def _pair(sizes: tuple[int, ...], missing: int) -> tuple[int, int]:
    return (missing, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])
