"""Any `torch.nn.Module` as a workload, read from the graph that `torch.export` makes of it.

The only file of this package that imports torch; nothing here imports it back. Matrices held in parameters or
buffers are weights. Attention keeps its keys and values as a cache would; other products of two computed tensors
have no stationary side. Convolutions become matrices over unrolled windows, one matrix per group.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import torch
from torch.export import default_decompositions, export

from bitline.errors import ConfigError, listed
from bitline.operators import Block, Gather, MatMul, Operator, Vector, Workload
from bitline.workload.traced_functions import BOOKKEEPING, MOVES, ROLES, ROW_FUNCTIONS, VECTOR_FUNCTIONS

After = tuple[str, ...]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A traced module: one block of operators, and the names of operations that are not among them."""

    workload: Workload
    unknown: After


def trace(
    module: torch.nn.Module,
    inputs: tuple[Any, ...],
    *,
    name: str = "traced",
    keywords: Mapping[str, Any] | None = None,
    allow_unknown: bool = False,
) -> Traced:
    """Trace a module on example inputs, whose shapes are the shapes of the step.

    The first size of the first input is the batch. Operations with no counterpart here raise `ConfigError` with
    their names, or are listed in the result if `allow_unknown`. What torch cannot export raises torch's own error.
    """
    program = _exported(module, inputs, dict(keywords or {}))
    if _Reader(program).read().unknown:
        program = program.run_decompositions(_decompositions(_Reader(program).read().unknown))
    reader = _Reader(program).read()
    unknown = tuple(sorted(reader.unknown))
    if unknown and not allow_unknown:
        raise ConfigError(f"{name}: cannot count these operations: {listed(unknown)}. Allow them to leave them out.")
    first = next((value for value in inputs if torch.is_tensor(value) and value.dim()), None)
    batch = 1 if first is None else int(first.shape[0])
    block = Block(name="traced", operators=tuple(reader.operators))
    return Traced(workload=Workload(name=name, blocks=(block,), tokens=1, batch=batch, context=1), unknown=unknown)


def _exported(module: torch.nn.Module, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Export as for inference, and leave the module as it was."""
    training = [part for part in module.modules() if part.training]
    try:
        return export(module.eval(), inputs, keywords)
    finally:
        for part in training:
            part.training = True


def _decompositions(unknown: set[str]) -> Any:
    table = default_decompositions()
    for operation in list(table):
        if _plain(operation) not in unknown:
            del table[operation]
    return table


def _plain(target: object) -> str:
    """Give an operation's name without namespace and overload."""
    packet = getattr(target, "overloadpacket", None)
    return packet.__name__ if packet is not None else getattr(target, "__name__", str(target))


@final
class _Reader:
    """Walks the graph once; a node stands for the operators that must finish before its value is there."""

    def __init__(self, program: Any) -> None:
        self.operators: list[Operator] = []
        self.unknown: set[str] = set()
        self._nodes = program.graph.nodes
        signature = program.graph_signature
        self._stored: dict[str, str] = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
        self._stored |= signature.inputs_to_lifted_tensor_constants
        self._held: dict[str, str] = {}
        self._after: dict[str, After] = {}

    def read(self) -> _Reader:
        """Turn every node into operators, a name passed on, or an entry of `unknown`."""
        for node in self._nodes:
            if node.op == "call_function":
                ready = tuple(dict.fromkeys(a for n in node.all_input_nodes for a in self._after.get(n.name, ())))
                self._after[node.name] = self._call(node, _plain(node.target), ready)
        return self

    def _call(self, node: Any, operation: str, after: After) -> After:
        if operation in _PRODUCTS:
            return self._product(node, operation, after)
        if operation in ("linear", "matmul", "mm", "bmm"):
            return self._matmul(node, node.args[0], node.args[1], after, transposed=operation == "linear")
        if operation == "scaled_dot_product_attention":
            return self._attention(node, after)
        if self._is_stored(node):
            return ()
        if operation in VECTOR_FUNCTIONS or operation in ROW_FUNCTIONS:
            return self._vector(node, operation, after)
        if operation in MOVES:
            return self._move(node, operation, after)
        if operation not in BOOKKEEPING:
            self.unknown.add(operation)
        return after

    def _is_stored(self, node: Any) -> bool:
        """Say whether a value depends on parameters and constants only."""
        return bool(node.all_input_nodes) and all(self._source(n) is not None for n in node.all_input_nodes)

    def _source(self, node: Any) -> str | None:
        """Give the parameter or buffer a node's value is made of, or None if inputs are in it."""
        if node.op == "placeholder":
            return self._stored.get(node.name)
        if node.op != "call_function" or self._after.get(node.name):
            return None
        sources = [self._source(n) for n in node.all_input_nodes]
        return sources[0] if sources and None not in sources else None

    def _add(self, operator: Operator) -> After:
        self.operators.append(operator)
        return (operator.name,)

    def _tied(self, node: Any, operand: Any) -> tuple[bool, str]:
        """Say whether an operand is stored, and which earlier operator holds it."""
        source = self._source(operand)
        if source is None:
            return False, ""
        first = self._held.setdefault(source, node.name)
        return True, "" if first == node.name else first

    def _matmul(self, node: Any, left: Any, right: Any, after: After, *, transposed: bool = False) -> After:
        out, moving = math.prod(_shape(node)), _shape(left)
        if self._source(right) is None and self._source(left) is not None:
            left, right, moving, transposed = right, left, _shape(right), True
            k = _shape(right)[-1]
        else:
            k = moving[-1]
        n = out * k // max(math.prod(moving), 1) if len(_shape(right)) <= 2 else _shape(right)[-2 if transposed else -1]
        stored, tied = self._tied(node, right)
        matrices = math.prod(_shape(right)[:-2])
        if not stored:
            n, matrices = _shape(right)[-1] if len(_shape(right)) > 1 else 1, math.prod(_shape(node)[:-2])
        return self._add(
            MatMul(
                name=node.name, role=_role(node) if stored else "matmul", vectors=out // max(n, 1), k=k, n=n,
                stationary="weight" if stored else None, matrices=matrices, held=matrices if stored else 0,
                tied=tied, after=after,
            )
        )  # fmt: skip

    def _product(self, node: Any, operation: str, after: After) -> After:
        if operation in ("addmm", "baddbmm"):
            return self._matmul(node, node.args[1], node.args[2], after)
        if operation == "convolution" and node.args[6]:
            self.unknown.add("transposed convolution")
            return after
        moving, weight = node.args[:2]
        outputs, inputs, *window = _shape(weight)
        groups = _shape(moving)[1 if len(_shape(moving)) == len(_shape(weight)) else 0] // inputs
        stored, tied = self._tied(node, weight)
        places = math.prod(_shape(node)) // outputs
        return self._add(
            MatMul(
                name=node.name, role=_role(node), vectors=places * groups, k=inputs * math.prod(window),
                n=outputs // groups, stationary="weight" if stored else None, matrices=groups,
                held=groups if stored else 0, tied=tied, after=after,
            )
        )  # fmt: skip

    def _attention(self, node: Any, after: After) -> After:
        *batch, heads, queries, width = _shape(node.args[0])
        keys, kv_heads = _shape(node.args[1])[-2], _shape(node.args[1])[-3]
        given = {**dict(zip(("mask", "dropout", "causal"), node.args[3:6], strict=False)), **node.kwargs}
        causal = bool(given.get("causal") or given.get("is_causal"))
        seen = sum(min(query + 1, keys) for query in range(queries)) if causal else queries * keys
        rows, matrices = math.prod(batch) * heads * queries, math.prod(batch) * kv_heads
        masked = 1.0 - seen / (queries * keys)
        scores = self._add(
            MatMul(
                name=f"{node.name}_scores", role="scores", vectors=rows, k=width, n=keys, stationary="cache",
                matrices=matrices, held=matrices, per_request=kv_heads, masked_fraction=masked, after=after,
            )
        )  # fmt: skip
        name = f"{node.name}_softmax"
        softmax = Vector(name=name, role="softmax", function="softmax", elements=rows * keys, rows=rows, after=scores)
        return self._add(
            MatMul(
                name=f"{node.name}_context", role="context", vectors=rows, k=keys, n=_shape(node.args[2])[-1],
                stationary="cache", matrices=matrices, held=matrices, per_request=kv_heads, masked_fraction=masked,
                after=self._add(softmax),
            )
        )  # fmt: skip

    def _vector(self, node: Any, operation: str, after: After) -> After:
        out = math.prod(_shape(node))
        if operation in VECTOR_FUNCTIONS:
            function, elements, rows = VECTOR_FUNCTIONS[operation], out, 1
        else:
            function, elements = ROW_FUNCTIONS[operation], math.prod(_shape(node.args[0]))
            rows = elements // max(_shape(node.args[0])[-1], 1) if out == elements else out
        role = {"add": "residual", "layernorm": "norm", "rmsnorm": "norm", "softmax": "softmax"}.get(function)
        return self._add(
            Vector(
                name=node.name, role=role or "activation", function=function, elements=elements, rows=rows, after=after
            )
        )

    def _move(self, node: Any, operation: str, after: After) -> After:
        table = _shape(node.args[0]) if operation == "embedding" else ()
        held, width = (math.prod(table), table[-1]) if table else (0, 0)
        role = "embedding" if operation == "embedding" else "move"
        if held:
            self._held.setdefault(self._source(node.args[0]) or node.name, node.name)
        elements = math.prod(_shape(node))
        return self._add(Gather(name=node.name, role=role, elements=elements, held=held, width=width, after=after))


_PRODUCTS = frozenset({"addmm", "baddbmm", "conv1d", "conv2d", "conv3d", "convolution"})


def _shape(node: Any) -> tuple[int, ...]:
    value = node.meta["val"]
    value = value[0] if isinstance(value, list | tuple) else value
    return tuple(int(size) for size in value.shape)


def _role(node: Any) -> str:
    """Give the role of a product from the name of the module it stands in."""
    stack = node.meta.get("nn_module_stack") or {}
    path = next(reversed(stack.values()), ("", ""))[0] if stack else ""
    leaf = path.rpartition(".")[2]
    return ROLES.get(leaf, leaf or "matmul")
