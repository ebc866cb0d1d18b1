"""Names that an engine's description gives operators: roles, functions, sorts of kernels, and none that is mistyped."""

from __future__ import annotations

from functools import lru_cache

from bitline.costs.vector import FUNCTIONS
from bitline.engines.kernels import SORTS, names_of
from bitline.errors import ConfigError, listed, nearest
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine
from bitline.mapping.identity import Same
from bitline.operators import Workload

ROLES = (
    "activation", "bottleneck", "chunk_context", "chunk_keys", "chunk_scores", "chunk_solve", "classifier", "combine",
    "context", "conv", "decay", "down", "embedding", "embedding_projection", "expert_down", "expert_gate", "expert_up",
    "gate", "index_k", "index_q", "index_scores", "index_sum", "index_weights", "k", "k_up", "kv_down", "kv_read",
    "kv_write", "lm_head", "norm", "out", "output_projection", "patch_embedding", "pool", "pooler", "position",
    "pre_classifier", "q", "q_down", "q_gate", "q_up", "residual", "rope", "route", "router", "router_scores", "scores",
    "shared_down", "shared_gate", "shared_router", "shared_up", "softmax", "state_guess", "state_read", "state_update",
    "token_kind", "transform", "up", "v", "v_up", "widen",
)  # fmt: skip
"""Of operators of the families that come with Bitline."""
KNOWN_ENGINES = 256


def check_names(workload: Workload, chip: Chip) -> None:
    """Refuse a name that no known family has a use for, nor this model; raises ConfigError.

    Models that are traced, and families of other packages, have roles of their own.
    """
    for name, engine in chip.engines.items():
        unfamiliar = _unfamiliar(Same(engine))
        if unfamiliar:
            used = {word for block in workload.blocks for operator in block.operators for word in names_of(operator)}
            for word in unfamiliar:
                if word not in used:
                    raise _misnamed(f"{chip.name}: engines.{name}.kernels.{word}", word, used)


@lru_cache(maxsize=KNOWN_ENGINES)
def _unfamiliar(engine: Same[Engine]) -> tuple[str, ...]:
    return tuple(name for name in engine.value.names if name not in SORTS + ROLES and name not in FUNCTIONS)


def _misnamed(where: str, word: str, used: set[str]) -> ConfigError:
    near = nearest(word, {*SORTS, *FUNCTIONS, *ROLES, *used})
    hint = f" Nearest: {near!r}." if near else ""
    roles = {*ROLES, *used} - {*SORTS, *FUNCTIONS}
    return ConfigError(
        f"{where} is no role, function or sort of operators. Sorts: {listed(SORTS)}. Functions: "
        f"{listed(FUNCTIONS, 99)}. Roles: {listed(roles, 99)}.{hint}"
    )
