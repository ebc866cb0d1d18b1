"""Names under `kernels`: those of all families are known, a mistyped one is one clear error."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bitline import Request, estimate, load_chip, load_model
from bitline.engines.gpu import Gpu
from bitline.engines.kernels import Kernels, names_of
from bitline.errors import ConfigError
from bitline.hardware import Chip
from bitline.mapping.naming import ROLES, check_names
from bitline.operators import Block, MatMul, Workload
from bitline.workload import decode, prefill, preset_names

REQUEST = Request(prompt=8, generate=2)


def board(**kernels: Kernels) -> Chip:
    chip = load_chip("a100")
    gpu = chip.engines["gpu"]
    assert isinstance(gpu, Gpu)
    return replace(chip, engines={"gpu": replace(gpu, kernels=kernels)})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("softmx", "softmax"), ("atention", "attention"), ("lmhead", "lm_head"), ("rms_norm", "rmsnorm")],
)
def test_a_mistyped_name_is_refused_with_the_nearest_one(typed: str, meant: str) -> None:
    with pytest.raises(ConfigError, match=rf"a100: engines.gpu.kernels.{typed} is no role.*Nearest: '{meant}'"):
        estimate("gpt2", board(**{typed: Kernels(counted=False)}), REQUEST)


def test_the_error_names_sorts_functions_and_roles() -> None:
    with pytest.raises(ConfigError, match=r"Sorts: attention, function.*Functions: .*gelu.*Roles: .*lm_head"):
        estimate("gpt2", board(zzz=Kernels()), REQUEST)


def test_names_that_this_model_has_no_use_for_are_fine() -> None:
    estimate("gpt2", board(expert_up=Kernels(), rmsnorm=Kernels(), route=Kernels()), REQUEST)


def test_a_model_of_another_family_may_have_roles_of_its_own() -> None:
    own = Workload(
        name="m", tokens=1, batch=1, context=1,
        blocks=(Block(name="b", operators=(MatMul(name="x", role="mixer", vectors=1, k=1, n=1),)),),
    )  # fmt: skip
    check_names(own, board(mixer=Kernels()))
    with pytest.raises(ConfigError, match=r"mixr is no role.*Nearest: 'mixer'"):
        check_names(own, board(mixr=Kernels()))


def test_every_role_of_every_preset_is_known() -> None:
    spoken = set()
    for name in preset_names():
        model = load_model(name)
        steps = [prefill(model, 1, 16), *([decode(model, 1, 17)] if model.is_decoder else [])]
        spoken |= {o.role for step in steps for block in step.blocks for o in block.operators}
        assert all(names_of(o) for step in steps for block in step.blocks for o in block.operators)
    assert spoken - set(ROLES) == set()
