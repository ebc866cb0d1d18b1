"""Take a model off its chip, for good or for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from torch import nn

from bitline.verbs.deployment import DEPLOYED, deployment_of, switch

Model = TypeVar("Model", bound=nn.Module)


def restore(model: Model) -> Model:
    """Give the digital model back, bit for bit: its classes, attention, experts and configuration. Changes in place.

    Raises:
        ConfigError: the model is not deployed, or its digital weights were let go.

    """
    switch(deployment_of(model), on_chip=False)
    for module in model.modules():
        module.__dict__.pop(DEPLOYED, None)
    return model


@contextmanager
def digital(model: Model) -> Iterator[Model]:
    """Let a deployed model compute digitally for a while; what was programmed is kept."""
    deployment = deployment_of(model)
    switch(deployment, on_chip=False)
    try:
        yield model
    finally:
        switch(deployment, on_chip=True)
