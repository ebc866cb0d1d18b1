"""The same layer in aihwkit, if it is installed beside us: what its users wait for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Product = Callable[[Tensor], Tensor]

BLOCK = 256


def aihwkit_products(weight: Tensor) -> dict[str, Product]:
    """Give products with `weight [n, k]` by name; none where aihwkit is not installed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from aihwkit.nn import AnalogLinearMapped  # type: ignore[import-not-found]
            from aihwkit.simulator.configs import (  # type: ignore[import-not-found]
                InferenceRPUConfig,
                TorchInferenceRPUConfig,
                WeightNoiseType,
            )
    except ImportError:
        return {}
    found: dict[str, Product] = {}
    for name, kind in (("aihwkit", InferenceRPUConfig), ("aihwkit, torch tile", TorchInferenceRPUConfig)):
        for case in ("DAC + ADC per array", "fresh read noise"):
            config: Any = kind()
            config.mapping.max_input_size = BLOCK
            config.mapping.max_output_size = 0
            config.forward.inp_res = config.forward.out_res = 1 / 254
            config.forward.out_noise = 0.0
            if case == "fresh read noise":
                config.forward.inp_res = config.forward.out_res = -1
                config.forward.out_bound = -1
                if kind is TorchInferenceRPUConfig:
                    config.forward.out_noise = 0.06
                else:
                    config.forward.w_noise = 0.02
                    config.forward.w_noise_type = WeightNoiseType.ADDITIVE_CONSTANT
            try:
                layer = AnalogLinearMapped(weight.shape[1], weight.shape[0], bias=False, rpu_config=config)
                layer.set_weights(weight)
                product = _quietly(layer.eval())
                product(torch.randn(2, weight.shape[1]))
            except Exception as error:
                # Its compiled tiles refuse a torch other than the one they were built with.
                print(f"{name} does not run here: {error}")
                break
            found[f"{name}: {case}"] = product
    return found


def _quietly(layer: torch.nn.Module) -> Product:
    def product(x: Tensor) -> Tensor:
        with torch.no_grad():
            return layer(x)  # type: ignore[no-any-return]

    return product
