"""Where a transformers model multiplies: what each of its modules is, as far as a chip is concerned."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias, final

from torch import nn
from torch.nn.utils.parametrize import is_parametrized
from transformers.pytorch_utils import Conv1D

from bitline.errors import ConfigError
from bitline.numerics.modules import experts
from bitline.numerics.modules.convolution import can_convolve
from bitline.numerics.modules.embedding import only_looks_up
from bitline.numerics.modules.linear import only_linear
from bitline.numerics.modules.roles import CONTEXT, SCORES, ModuleRoles, expert_roles, plain_name, roles_of, table_role
from bitline.workload import module_roles

Roles: TypeAlias = tuple[str, ...]
Kind = Literal["linear", "convolution", "embedding", "experts", "router", "attention", "written_attention", "other"]
"""An `embedding` is looked up, and on the chip only where the placement names it. `attention` asks transformers'
registry for its function; `written_attention` multiplies in its own forward."""

KNOWN_SOURCES = 1024
"""Reading a function's text takes longer than deploying a small layer."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One module that multiplies or is looked up."""

    module: nn.Module
    name: str
    kind: Kind
    roles: tuple[str, ...]
    why_digital: str = ""
    """Why no chip can take it, whatever the placement."""


def survey(model: nn.Module) -> Iterator[Site]:
    """Find every module that multiplies, each once, in the order of the model."""
    readers = _weights_read_by_parents(model)
    own = family_roles(model)
    for full_name, module in model.named_modules():
        name = plain_name(full_name)
        site = _site(module, name, roles_of(name, own), readers.get(id(module), ""))
        if site is not None:
            yield site


def tables(model: nn.Module) -> Iterator[Site]:
    """Find every embedding table, each once, in the order of the model."""
    for full_name, module in model.named_modules():
        if isinstance(module, nn.Embedding):
            name = plain_name(full_name)
            why = "" if only_looks_up(module) else f"{type(module).__name__} does more in its forward than a lookup"
            yield Site(module=module, name=name, kind="embedding", roles=(table_role(name),), why_digital=why)


def family_roles(model: nn.Module) -> ModuleRoles:
    """Give the roles of modules that the model's family names in its own way."""
    return module_roles(getattr(getattr(model, "config", None), "model_type", ""))


def _site(module: nn.Module, name: str, roles: Roles, reader: str) -> Site | None:
    site = _plain_site(module, name, roles, reader)
    if (
        site is None
        or site.why_digital
        or site.kind in ("attention", "embedding", "experts")
        or "forward" not in vars(module)
    ):
        return site
    raise ConfigError(
        f"{name}: the forward of this {type(module).__name__} was replaced (accelerate does so), and "
        f"the chip would never be asked. Take the replacement off first: remove_hook_from_module(model, recurse=True)."
    )


def _plain_site(module: nn.Module, name: str, roles: Roles, reader: str) -> Site | None:
    if experts.in_registry(module):
        return Site(module=module, name=name, kind="experts", roles=expert_roles(experts.inward_name(module)))
    if isinstance(module, (nn.Linear, Conv1D)):
        return _linear(module, name, roles, reader)
    if can_convolve(module):
        return Site(module=module, name=name, kind="convolution", roles=roles)
    attention = _attention_kind(module)
    if attention is not None:
        why = f"{type(module).__name__} computes attention in a way of its own" if attention == "other" else ""
        return Site(module=module, name=name, kind=attention, roles=(SCORES, CONTEXT), why_digital=why)
    return _with_parameters(module, name, roles)


def _linear(module: nn.Module, name: str, roles: Roles, reader: str) -> Site:
    why = f"{reader} reads its weight instead of calling it" if reader else ""
    if is_parametrized(module):
        why = "a parametrization computes its weight"
    if why:
        return Site(module=module, name=name, kind="linear", roles=roles, why_digital=why)
    if only_linear(module):
        return Site(module=module, name=name, kind="linear", roles=roles)
    if roles == ("router",):
        return Site(module=module, name=name, kind="router", roles=roles)
    why = f"{type(module).__name__} does more in its forward than a linear layer"
    return Site(module=module, name=name, kind="linear", roles=roles, why_digital=why)


def _with_parameters(module: nn.Module, name: str, roles: Roles) -> Site | None:
    own = [key for key, value in module.named_parameters(recurse=False) if value.dim() >= 2]
    if not own or isinstance(module, nn.Embedding):
        return None
    if roles == ("router",) and own == ["weight"] and module.get_parameter("weight").dim() == 2:
        return Site(module=module, name=name, kind="router", roles=roles)
    why = f"{type(module).__name__} keeps {', '.join(own)} for a computation of its own"
    return Site(module=module, name=name, kind="other", roles=roles, why_digital=why)


def _attention_kind(module: nn.Module) -> Kind | None:
    """Tell how a module computes attention, if it does, from the source of its forward."""
    source = _source(type(module).forward)
    if "ALL_ATTENTION_FUNCTIONS.get_interface" in source:
        return "attention"
    if "Attention" not in type(module).__name__ or any("Attention" in type(c).__name__ for c in _below(module)):
        return None
    return "written_attention" if re.search(r"matmul|bmm|einsum| @ |scaled_dot", _source(_class(module))) else "other"


def _class(module: nn.Module) -> Any:
    return type(module)


def _below(module: nn.Module) -> Iterator[nn.Module]:
    return (child for child in module.modules() if child is not module)


def _weights_read_by_parents(model: nn.Module) -> dict[int, str]:
    """Find children whose weight their parent's forward uses itself and which it never calls."""
    found = {}
    for parent in model.modules():
        for name, child in parent.named_children():
            if isinstance(child, nn.Linear):
                source, child_name = _source(type(parent).forward), rf"self\.{re.escape(name)}"
                read = re.search(rf"(?<!isinstance\(){child_name}\.weight(?!\.dtype|\.device)", source)
                if read and not re.search(rf"{child_name}\(", source):
                    found[id(child)] = type(parent).__name__
    return found


@lru_cache(maxsize=KNOWN_SOURCES)
def _source(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        return ""
