"""Digital weights that are let go."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bitline.errors import ConfigError
from bitline.numerics import let_go as room


def test_the_parameter_is_a_placeholder_and_memory_goes_back(monkeypatch):
    handed = []
    monkeypatch.setattr(room, "_trim", lambda: handed.append)
    module = nn.Linear(3, 4)
    room.let_go(module, "layer", "weight")
    assert module.weight.is_meta
    assert handed == [0]
    with pytest.raises(ConfigError, match="layer: its digital weights were let go"):
        module.state_dict()
    with pytest.raises(ConfigError, match="let go"):
        room.present(module.weight)


def test_a_system_without_glibc_is_left_alone(monkeypatch):
    monkeypatch.setattr(room, "_trim", lambda: None)
    room.hand_back()
    assert torch.ones(1).sum() == 1
