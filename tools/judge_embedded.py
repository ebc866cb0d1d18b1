"""Judge the embedded model: its perplexity against the floor, and what coarse or noisy weights cost.

Run:    python tools/judge_embedded.py [FOLDER]

Prints the tables of the README beside the weights. Weights: all linear layers of the decoder (embedding and head
untouched). Quantised: symmetric, round to nearest, one scale per output row, levels +-(2**(bits-1) - 1). Noise:
Gaussian, its standard deviation a fraction of the largest |weight| of the matrix.
"""

from __future__ import annotations

import argparse
import copy
import math
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import LlamaForCausalLM

from bitline.embedded import Text, evaluation_text, floor_nats, model_path

TOKENS = 131_072
SEED = 1
BITS = (8, 6, 5, 4, 3, 2)
NOISE_FRACTIONS = (0.01, 0.02, 0.05, 0.1, 0.2)
NOISE_SEEDS = 3


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=model_path())
    parser.add_argument("--tokens", type=int, default=TOKENS)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    model = LlamaForCausalLM.from_pretrained(asked.folder, dtype=torch.float32)
    text = evaluation_text(asked.tokens, SEED)
    report(model, text)
    for bits in BITS:
        quantised = with_weights(model, lambda weight, bits=bits: rounded(weight, bits))
        print(f"| {bits} bits | {math.exp(loss_nats(quantised, text)):.4f} |", flush=True)
    for fraction in NOISE_FRACTIONS:
        found = [math.exp(loss_nats(noisy(model, fraction, seed), text)) for seed in range(NOISE_SEEDS)]
        print(f"| noise {fraction:g} | {min(found):.4f} to {max(found):.4f} |", flush=True)


def report(model: LlamaForCausalLM, text: Text) -> None:
    """Print loss and perplexity against the floor of the same text."""
    loss, floor = loss_nats(model, text), floor_nats(text)
    print(f"tokens {text.ids.size}, loss {loss:.5f} nats, floor {floor:.5f} nats")
    print(f"perplexity {math.exp(loss):.4f}, floor {math.exp(floor):.4f}: {math.expm1(loss - floor):.2%} above")


@torch.no_grad()
def loss_nats(model: LlamaForCausalLM, text: Text, tales: int = 16) -> float:
    """Mean loss per predicted token."""
    model.eval()
    losses = [
        model(input_ids=ids, labels=ids, use_cache=False).loss.item() * len(ids)
        for ids in torch.from_numpy(text.tales).split(tales)
    ]
    return sum(losses) / len(text.tales)


@torch.no_grad()
def with_weights(model: LlamaForCausalLM, change: Callable[[torch.Tensor], torch.Tensor]) -> LlamaForCausalLM:
    """Give a copy of the model with the weights of the decoder's linear layers changed."""
    changed = copy.deepcopy(model)
    for module in changed.model.layers.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.copy_(change(module.weight))
    return changed


def rounded(weight: torch.Tensor, bits: int) -> torch.Tensor:
    """Round each row to the nearest of its levels."""
    step = weight.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
    return (weight / step).round() * step


def noisy(model: LlamaForCausalLM, fraction: float, seed: int) -> LlamaForCausalLM:
    """Give a copy of the model with Gaussian noise on its weights."""
    rng = torch.Generator().manual_seed(seed)
    return with_weights(
        model, lambda weight: weight + fraction * weight.abs().max() * torch.randn(weight.shape, generator=rng)
    )


if __name__ == "__main__":
    main()
