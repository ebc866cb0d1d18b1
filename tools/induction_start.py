"""Where the training of the embedded model starts: random weights in which recall is already wired.

From plain random weights a model of this size spends most of its training on a plateau before it first copies a word
from its context. So the first two layers start with the known circuit for it, among noise, for training to shape:

- Layer 0, head h looks at the word h + 1 back, whatever it is, and notes a random code of it. The embeddings share a
  constant part to which the fast rotary pairs give that sense of distance.
- Layer 1, head group g compares the word g back from here with the word g + 1 back from each earlier place, through
  those codes and in the slow rotary pairs, and so finds the place of the word to say next; it copies what is there.

All other weights are Gaussian with the usual one over the square root of the inputs, the writes scaled down.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM

EMBEDDING_SCALE = 0.5
LOOK_SCORE = 34.0
"""Query times key of layer 0 per fast pair, before the division by the root of the head size."""
FAST_PAIRS = 6
FIRST_SLOW_PAIR = 9
MATCH_SCORE = 10.0
NOTE_SCALE = 0.7
COPY_SCALE = 0.35
WRITE_SCALE = 0.5
FFN_WRITE_SCALE = 0.3


@torch.no_grad()
def start(model: LlamaForCausalLM, seed: int) -> None:
    """Fill the model with its starting weights."""
    config, rng = model.config, torch.Generator().manual_seed(seed)
    words, constant = embeddings(config, rng)
    model.model.embed_tokens.weight.copy_(EMBEDDING_SCALE * (words + constant))
    model.lm_head.weight.copy_(0.02 * gaussian(rng, *words.shape) + 0.03 * words)
    for layer in model.model.layers:
        fill_randomly(layer, rng)
    code = code_of_words(constant, head_size(config), rng)
    notes = look_back(model.model.layers[0].self_attn, config, constant, code, rng)
    match(model.model.layers[1].self_attn, config, code, notes, rng)
    copy(model.model.layers[1].self_attn, config, constant, rng)


def gaussian(rng: torch.Generator, *shape: int) -> Tensor:
    """Draw standard normal numbers."""
    return torch.randn(*shape, generator=rng)


def head_size(config: LlamaConfig) -> int:
    """Give the width of a head."""
    return int(config.hidden_size // config.num_attention_heads)


def rows(number: int, size: int) -> slice:
    """Give the rows of a head or a head group."""
    return slice(number * size, (number + 1) * size)


def embeddings(config: LlamaConfig, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Give a random vector per word, shape (vocabulary, hidden), and the signs shared by all, shape (hidden,)."""
    constant = torch.randint(0, 2, (config.hidden_size,), generator=rng) * 2.0 - 1.0
    return gaussian(rng, config.vocab_size, config.hidden_size), constant


def fill_randomly(layer: torch.nn.Module, rng: torch.Generator) -> None:
    """Fill every matrix of a layer with noise."""
    scales = {"o_proj": WRITE_SCALE, "down_proj": FFN_WRITE_SCALE}
    for name, module in layer.named_modules():
        if isinstance(module, torch.nn.Linear):
            scale = scales.get(name.rpartition(".")[2], 1.0) / math.sqrt(module.in_features)
            module.weight.copy_(scale * gaussian(rng, *module.weight.shape))


def code_of_words(constant: Tensor, size: int, rng: torch.Generator) -> Tensor:
    """Give the map from a normalised embedding to its code, blind to the constant part; shape (head, hidden)."""
    return gaussian(rng, size, constant.numel()) @ blind_to(constant) * math.sqrt(2 / constant.numel())


def blind_to(constant: Tensor) -> Tensor:
    """Give the projection that takes the constant part away, shape (hidden, hidden)."""
    return torch.eye(constant.numel()) - torch.outer(constant, constant) / constant.numel()


def look_back(
    attention: torch.nn.Module, config: LlamaConfig, constant: Tensor, code: Tensor, rng: torch.Generator
) -> list[Tensor]:
    """Let head h look h + 1 words back; return where each head writes the code, shape (hidden, head) each."""
    size, hidden = head_size(config), config.hidden_size
    turn = config.rope_parameters["rope_theta"] ** (-torch.arange(0, size, 2) / size)
    key = torch.zeros(size // 2, dtype=torch.complex64)
    key[:FAST_PAIRS] = math.sqrt(LOOK_SCORE)
    # The normalised constant part has length sqrt(hidden / 2) along constant / sqrt(hidden).
    sense = constant / hidden * math.sqrt(2)
    attention.k_proj.weight.mul_(0.2)
    attention.q_proj.weight.mul_(0.2)
    for group in range(config.num_key_value_heads):
        attention.k_proj.weight[rows(group, size)] += torch.outer(as_head(key), sense)
        attention.v_proj.weight[rows(group, size)] *= 0.2
        attention.v_proj.weight[rows(group, size)] += code
    notes = []
    for head in range(config.num_attention_heads):
        query = key * torch.exp(-1j * (head + 1) * turn)
        attention.q_proj.weight[rows(head, size)] += torch.outer(as_head(query), sense)
        notes.append(NOTE_SCALE / math.sqrt(hidden) * gaussian(rng, hidden, size))
        attention.o_proj.weight[:, rows(head, size)] = notes[-1]
    return notes


def as_head(pairs: Tensor) -> Tensor:
    """Lay complex rotary pairs out as a head does: real parts, then imaginary parts."""
    return torch.cat([pairs.real, pairs.imag])


def match(
    attention: torch.nn.Module, config: LlamaConfig, code: Tensor, notes: list[Tensor], rng: torch.Generator
) -> None:
    """Let group g compare the word g back from here with the word g + 1 back from there."""
    size = head_size(config)
    slots = [pair + half for half in (0, size // 2) for pair in range(FIRST_SLOW_PAIR, size // 2)]
    slow = torch.zeros(size, size)
    slow[slots] = torch.linalg.qr(gaussian(rng, size, len(slots)))[0].T
    slow *= math.sqrt(MATCH_SCORE * math.sqrt(size) / len(slots))
    reads = [code, *(note.T / NOTE_SCALE**2 for note in notes)]
    attention.k_proj.weight.mul_(0.1)
    attention.q_proj.weight.mul_(0.1)
    heads = config.num_attention_heads // config.num_key_value_heads
    for group in range(config.num_key_value_heads):
        attention.k_proj.weight[rows(group, size)] += slow @ reads[group + 1]
        for head in range(group * heads, (group + 1) * heads):
            attention.q_proj.weight[rows(head, size)] += slow @ reads[group]


def copy(attention: torch.nn.Module, config: LlamaConfig, constant: Tensor, rng: torch.Generator) -> None:
    """Let each head pass on the word it finds."""
    size = head_size(config)
    heads = config.num_attention_heads // config.num_key_value_heads
    for group in range(config.num_key_value_heads):
        code = code_of_words(constant, size, rng)
        attention.v_proj.weight[rows(group, size)] = code
        for head in range(group * heads, (group + 1) * heads):
            attention.o_proj.weight[:, rows(head, size)] = COPY_SCALE * code.T
