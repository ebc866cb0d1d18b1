"""Modules through torch.export: the same products as torch counts, and nothing dropped in silence."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.operators import Gather, MatMul, Vector, Workload

torch = pytest.importorskip("torch")
flop_counter = pytest.importorskip("torch.utils.flop_counter")

from bitline.workload import model_from_config, prefill  # noqa: E402
from bitline.workload.traced import Traced, trace  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


def products(workload: Workload) -> dict[str, MatMul]:
    return {o.role: o for o in workload.blocks[0].operators if isinstance(o, MatMul)}


def agrees(module: torch.nn.Module, *inputs: torch.Tensor) -> Traced:
    """Trace, and compare the operations with torch's own count."""
    traced = trace(module, inputs)
    # With gradients on, torch takes no fused path that its counter does not know.
    plain = torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH)
    with plain, flop_counter.FlopCounterMode(display=False) as counter:
        module(*inputs)
    assert 2 * traced.workload.macs == counter.get_total_flops()
    names: set[str] = set()
    for operator in traced.workload.blocks[0].operators:
        assert operator.name not in names
        assert set(operator.after) <= names
        names.add(operator.name)
    return traced


def test_perceptron() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(20, 30), torch.nn.GELU(), torch.nn.Linear(30, 5, bias=False))
    first, gelu, last = agrees(module, torch.randn(7, 3, 20)).workload.blocks[0].operators
    assert isinstance(first, MatMul)
    assert isinstance(gelu, Vector)
    assert isinstance(last, MatMul)
    assert (first.vectors, first.k, first.n, first.stationary) == (21, 20, 30, "weight")
    assert (gelu.function, gelu.elements) == ("gelu", 21 * 30)
    assert (last.vectors, last.k, last.n) == (21, 30, 5)
    assert gelu.after == (first.name,)
    assert last.after == (gelu.name,)


def test_convolutions_become_matrices() -> None:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1),
        torch.nn.BatchNorm2d(8),
        torch.nn.ReLU(),
        torch.nn.Conv2d(8, 8, 3, groups=8),
        torch.nn.Conv2d(8, 16, 1, stride=2),
        torch.nn.AdaptiveAvgPool2d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(16, 10),
    )
    operators = agrees(module, torch.randn(2, 3, 12, 12)).workload.blocks[0].operators
    wide, depthwise, narrow, last = [o for o in operators if isinstance(o, MatMul)]
    assert (wide.vectors, wide.k, wide.n, wide.held) == (2 * 144, 27, 8, 1)
    assert (depthwise.vectors, depthwise.k, depthwise.n, depthwise.held) == (2 * 100 * 8, 9, 1, 8)
    assert (narrow.vectors, narrow.k, narrow.n) == (2 * 25, 8, 16)
    assert (last.vectors, last.k, last.n) == (2, 16, 10)
    assert [o.function for o in operators if isinstance(o, Vector)] == ["batchnorm", "relu", "average"]


class SmallBlock(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LayerNorm(32)
        self.q_proj, self.k_proj = torch.nn.Linear(32, 32), torch.nn.Linear(32, 16)
        self.v_proj, self.o_proj = torch.nn.Linear(32, 16), torch.nn.Linear(32, 32)
        self.fc1, self.fc2 = torch.nn.Linear(32, 64), torch.nn.Linear(64, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        b, t, _ = x.shape
        y = self.norm(x)
        q = self.q_proj(y).view(b, t, 4, 8).transpose(1, 2)
        k, v = (p(y).view(b, t, 2, 8).transpose(1, 2) for p in (self.k_proj, self.v_proj))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        x = x + self.o_proj(y.transpose(1, 2).reshape(b, t, 32))
        return x + self.fc2(torch.nn.functional.silu(self.fc1(x)))


def test_transformer_block() -> None:
    traced = agrees(SmallBlock(), torch.randn(3, 5, 32))
    found = products(traced.workload)
    assert set(found) == {"q", "k", "v", "scores", "context", "out", "up", "down"}
    assert (found["scores"].vectors, found["scores"].k, found["scores"].n) == (3 * 4 * 5, 8, 5)
    assert found["scores"].matrices == 3 * 2
    assert found["scores"].masked_fraction == pytest.approx(10 / 25)
    assert traced.workload.macs == 15 * (2 * 32 * 32 + 2 * 32 * 16 + 2 * 32 * 64) + 2 * 3 * 4 * 25 * 8
    assert set(found["scores"].after) == {found["q"].name, found["k"].name, found["v"].name}
    assert traced.workload.batch == 3


def test_products_of_two_computed_tensors_have_no_stationary_side() -> None:
    class Outer(torch.nn.Module):
        def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return torch.softmax(a @ b, -1)

    product, softmax = agrees(Outer(), torch.randn(2, 3, 4, 5), torch.randn(2, 3, 5, 6)).workload.blocks[0].operators
    assert isinstance(product, MatMul)
    assert (product.vectors, product.k, product.n) == (24, 5, 6)
    assert (product.matrices, product.stationary, product.held) == (6, None, 0)
    assert isinstance(softmax, Vector)
    assert (softmax.elements, softmax.rows) == (144, 24)


def test_weights_on_the_left_and_in_stacks() -> None:
    class Left(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(7, 4))
            self.stack = torch.nn.Parameter(torch.randn(3, 4, 9))

        def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return self.weight @ x.T, torch.bmm(x.expand(3, -1, -1), self.stack)

    left, stack = agrees(Left(), torch.randn(5, 4)).workload.blocks[0].operators
    assert isinstance(left, MatMul)
    assert isinstance(stack, MatMul)
    assert (left.vectors, left.k, left.n, left.stationary) == (5, 4, 7, "weight")
    assert (stack.vectors, stack.k, stack.n, stack.held) == (15, 4, 9, 3)


def test_tied_weights_name_their_holder() -> None:
    class Tied(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.head = torch.nn.Embedding(50, 8), torch.nn.Linear(8, 50, bias=False)
            self.head.weight = self.table.weight

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.head(self.table(ids))

    table, head = agrees(Tied(), torch.zeros(2, 6, dtype=torch.long)).workload.blocks[0].operators
    assert isinstance(table, Gather)
    assert isinstance(head, MatMul)
    assert (table.elements, table.held) == (96, 400)
    assert head.tied == table.name


def test_recurrent_networks_unroll() -> None:
    traced = trace(torch.nn.LSTM(6, 8, batch_first=True), (torch.randn(2, 4, 6),))
    assert not traced.unknown
    assert traced.workload.macs == 2 * 4 * (4 * 8) * (6 + 8)


def test_unknown_operations_are_named() -> None:
    class Odd(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.fft(x @ x).real

    with pytest.raises(ConfigError, match=r"odd: cannot count these operations: .*fft"):
        trace(Odd(), (torch.randn(4, 4),), name="odd")
    traced = trace(Odd(), (torch.randn(4, 4),), allow_unknown=True)
    assert any("fft" in name for name in traced.unknown)
    assert traced.workload.macs == 64


def test_whole_encoder_layer_agrees_with_the_counter() -> None:
    agrees(torch.nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).train(False), torch.randn(2, 9, 32))


def test_tracing_leaves_the_module_as_it_was() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Dropout(), torch.nn.Linear(4, 4).eval())
    traced = trace(module, (torch.randn(2, 4),))
    assert [part.training for part in module] == [True, True, False]
    assert module.training
    assert len(traced.workload.blocks[0].operators) == 2


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_traced_models_of_transformers_equal_our_own(family: str) -> None:
    transformers = pytest.importorskip("transformers")
    sizes = {
        "bert": ("hidden_size", "num_hidden_layers", "num_attention_heads"),
        "gpt2": ("n_embd", "n_layer", "n_head"),
    }
    fields = dict(zip(sizes[family], (64, 2, 4), strict=True)) | {"vocab_size": 100, "intermediate_size": 96}
    config = transformers.AutoConfig.for_model(family, **fields)
    kind = transformers.AutoModelForMaskedLM if family == "bert" else transformers.AutoModelForCausalLM
    model = kind.from_config(config)
    ours = model_from_config({**fields, "model_type": family, "architectures": [type(model).__name__]}, family)
    options = {} if family == "bert" else {"use_cache": False}
    traced = trace(model, (torch.zeros(2, 9, dtype=torch.long),), keywords=options)
    assert traced.workload.macs == prefill(ours, 2, 9, every_position=True).macs
    assert {"scores", "context", "embedding"} <= {o.role for o in traced.workload.blocks[0].operators}
