"""The order in which a head's key channels stand in the blocks of its cache.

Channels of like size sorted next to each other share an exponent that suits all of them (K-sort: Trukhanov and
Soloveychik, arXiv 2403.20137). Queries and keys are put into the same order after rotary embeddings and norms,
where keys are written: every product stays what it was, for any order of each head's own. No order of the weights'
rows can do that for rotated keys, as all heads and layers share the angles of a channel.
"""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from bitline.errors import ConfigError
from bitline.hardware import Arithmetic, BlockFloating
from bitline.numerics.modules.key_rows import key_sizes
from bitline.numerics.modules.roles import ModuleRoles


@final
class KeyOrder:
    """The order of one attention module's channels, one per key head; none until their sizes are known.

    While `observing` is set, the squares of every channel of the keys seen are added up (their largest magnitudes
    were tried: perplexity is worse with them).
    """

    def __init__(self, name: str, sizes: Tensor | None) -> None:
        """Order by `sizes [kv_heads * d]`, or by those that will be measured."""
        self.name, self.measures = name, sizes is None
        self.observing = False
        self.sizes = sizes
        self._seen: Tensor | None = None
        self._orders: dict[tuple[int, torch.device], Tensor] = {}

    def sorted(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Put the channels of queries `[..., m, d]` and keys `[..., t, d]` in order, heads before the vectors.

        Raises:
            ConfigError: there are other heads than those whose sizes are known.

        """
        if self.sizes is None:
            return query, key
        order = self._order(key.shape[-1], key.device)
        return self._permuted(query, order), self._permuted(key, order)

    def observe(self, key: Tensor) -> None:
        """Take in the sizes of keys `[requests, kv_heads, t, d]`."""
        if not self.measures:
            return
        if key.dim() != 4:
            raise ConfigError(
                f"{self.name}: requests and heads are one dimension of its keys, so their sizes cannot be measured "
                f"head by head. Allowed for key_order: 'model'."
            )
        squares = key.detach().to(torch.float64).square().sum(dim=(0, 2)).flatten()
        self._seen = squares if self._seen is None else self._seen + squares

    def settle(self) -> bool:
        """Order by what was observed since the last time; say whether anything was."""
        seen, self._seen = self._seen, None
        if seen is not None:
            self.use(seen.sqrt())
        return seen is not None

    def use(self, sizes: Tensor) -> None:
        """Order by these sizes `[kv_heads * d]` from now on."""
        self.sizes = sizes
        self._orders.clear()

    def _order(self, d: int, device: torch.device) -> Tensor:
        if (d, device) not in self._orders:
            assert self.sizes is not None
            if self.sizes.numel() % d:
                raise self._other_heads(d)
            self._orders[d, device] = self.sizes.view(-1, d).argsort(dim=1, stable=True).to(device)
        return self._orders[d, device]

    def _permuted(self, x: Tensor, order: Tensor) -> Tensor:
        heads = x.shape[1] if x.dim() == 4 else x.shape[0]
        if heads % len(order):
            raise self._other_heads(x.shape[-1])
        # Keys repeated for each query head of a group stand side by side; merged requests follow one another.
        each = order.repeat_interleave(heads // len(order), 0) if x.dim() == 4 else order.repeat(heads // len(order), 1)
        return x.gather(-1, each[:, None, :].expand_as(x))

    def _other_heads(self, d: int) -> ConfigError:
        assert self.sizes is not None
        return ConfigError(
            f"{self.name}: an order is known for {self.sizes.numel()} key channels, which are not those of its heads "
            f"of {d}. Allowed for key_order: 'model'."
        )


def key_order(module: nn.Module, name: str, arithmetic: Arithmetic, own: ModuleRoles = ()) -> KeyOrder | None:
    """Give the order that an engine's description asks for; None if it leaves the model's own.

    Raises:
        ConfigError: the weight that makes the keys is not known.

    """
    if not isinstance(arithmetic, BlockFloating) or arithmetic.exponent.key_order == "model":
        return None
    if arithmetic.exponent.key_order == "measured":
        return KeyOrder(name, None)
    sizes = key_sizes(module, name, own)
    if sizes is None:
        raise ConfigError(
            f"{name}: key_order = 'weights' needs the rows of the weight that makes the keys of "
            f"{type(module).__name__}, which are not known. Allowed: 'measured', 'model'."
        )
    return KeyOrder(name, sizes)
