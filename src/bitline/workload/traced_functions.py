"""What the operations of a traced module are called here: arithmetic on vectors, movement, and mere bookkeeping.

Keys are ATen names without the overload. Anything found in no table is reported by name, never skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VECTOR_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "add": "add", "add_": "add", "sub": "add", "sub_": "add", "rsub": "add", "addcmul": "multiply",
        "mul": "multiply", "mul_": "multiply", "div": "divide", "div_": "divide", "reciprocal": "divide",
        "neg": "scale", "abs": "abs", "exp": "exp", "log": "log", "log1p": "log", "pow": "power", "square": "multiply",
        "sqrt": "sqrt", "rsqrt": "rsqrt", "sin": "sin", "cos": "cos", "erf": "erf",
        "relu": "relu", "relu_": "relu", "relu6": "relu", "leaky_relu": "relu", "prelu": "relu", "elu": "elu",
        "hardtanh": "clamp", "hardswish": "silu", "hardsigmoid": "sigmoid", "mish": "silu", "softplus": "softplus",
        "gelu": "gelu", "silu": "silu", "silu_": "silu", "sigmoid": "sigmoid", "tanh": "tanh", "glu": "silu",
        "clamp": "clamp", "clamp_min": "clamp", "clamp_max": "clamp", "maximum": "maximum", "minimum": "maximum",
        "where": "select", "masked_fill": "select", "gt": "compare", "lt": "compare", "ge": "compare",
        "le": "compare", "eq": "compare", "ne": "compare", "logical_and": "compare", "logical_not": "compare",
        "bitwise_and": "compare", "bitwise_not": "compare", "round": "round", "floor": "round",
    }
)  # fmt: skip
"""Done value by value, on as many values as come out."""

ROW_FUNCTIONS: Mapping[str, str] = MappingProxyType(
    {
        "softmax": "softmax", "_softmax": "softmax", "log_softmax": "softmax", "_log_softmax": "softmax",
        "layer_norm": "layernorm", "native_layer_norm": "layernorm", "rms_norm": "rmsnorm",
        "_fused_rms_norm": "rmsnorm", "group_norm": "layernorm", "native_group_norm": "layernorm",
        "instance_norm": "layernorm", "batch_norm": "batchnorm", "_native_batch_norm_legit_no_training": "batchnorm",
        "sum": "sum", "mean": "average", "var": "variance", "amax": "maximum", "max": "maximum", "min": "maximum",
        "argmax": "maximum", "topk": "top_k", "sort": "sort", "cumsum": "sum", "prod": "multiply",
        "norm": "l2norm", "linalg_vector_norm": "l2norm",
        "max_pool1d": "maximum", "max_pool2d": "maximum", "max_pool2d_with_indices": "maximum",
        "avg_pool1d": "average", "avg_pool2d": "average", "adaptive_avg_pool1d": "average",
        "adaptive_avg_pool2d": "average", "_adaptive_avg_pool2d": "average",
    }
)  # fmt: skip
"""Read whole rows or windows: as many values as go in; the rows are what comes out."""

MOVES = frozenset({"embedding", "index", "index_select", "gather", "index_put", "index_put_", "scatter", "copy_"})
"""Move values without arithmetic."""

BOOKKEEPING = frozenset(
    {
        "view", "_unsafe_view", "reshape", "flatten", "unflatten", "permute", "transpose", "t", "numpy_T", "mT",
        "unsqueeze", "squeeze", "expand", "expand_as", "contiguous", "clone", "detach", "detach_", "alias", "slice",
        "select", "split", "split_with_sizes", "chunk", "unbind", "cat", "stack", "repeat", "repeat_interleave",
        "to", "_to_copy", "type_as", "float", "dropout", "dropout_", "feature_dropout", "arange", "zeros", "ones",
        "full", "zeros_like", "ones_like", "full_like", "new_zeros", "new_ones", "new_full", "empty", "scalar_tensor",
        "lift_fresh_copy", "lift_fresh", "sym_size", "getitem", "constant_pad_nd", "pad", "flip", "roll", "tril",
        "triu", "narrow", "movedim", "_assert_tensor_metadata", "_assert_scalar", "unfold", "pixel_shuffle", "eye",
    }
)  # fmt: skip
"""Change shapes or make constants; they cost nothing of their own here."""

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "q_proj": "q", "query": "q", "k_proj": "k", "key": "k", "v_proj": "v", "value": "v",
        "o_proj": "out", "out_proj": "out", "gate_proj": "gate", "up_proj": "up", "down_proj": "down",
        "fc1": "up", "fc2": "down", "c_fc": "up", "lm_head": "lm_head", "classifier": "classifier",
    }
)  # fmt: skip
"""Usual names of modules and the roles they play; any other module's own name is its role."""
