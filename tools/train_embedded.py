"""Train the model that ships in bitline.embedded: a small Llama, from scratch, on text of the embedded language.

Run:    python tools/train_embedded.py
Needs:  two CPU cores for about an hour. On Linux with glibc, set MALLOC_MMAP_THRESHOLD_=4294967296 and
        MALLOC_TRIM_THRESHOLD_=17179869184 first: without them, most of a step goes to returning memory.

Every batch is new text, a function of the seed and the step; a run that was cut off goes on from its last
checkpoint and sees the text it would have seen. The text it is judged on comes from other seeds.
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import numpy as np
import torch
from induction_start import start
from judge_embedded import SEED, TOKENS, loss_nats, report
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from bitline.embedded.language import (
    TALE_TOKENS,
    Text,
    distributions,
    entropy_rate_nats,
    evaluation_text,
    floor_nats,
    generate,
)
from bitline.embedded.words import NUMBER_OF, START, VOCABULARY

LOG_EVERY = 50
CHECK_EVERY = 500
CHECK_TOKENS = 16_384
WARMUP_SHARE = 0.03
LAST_RATE_SHARE = 0.02
COLUMNS = ("step", "tokens", "train_excess_nats", "held_out_loss_nats", "held_out_floor_nats", "rate")


def main() -> None:
    """Train, judge and save."""
    asked = arguments()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
    model = LlamaForCausalLM(shape())
    start(model, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    train(model, asked)
    save(model, asked.out)
    report(LlamaForCausalLM.from_pretrained(asked.out, dtype=torch.float32), evaluation_text(TOKENS, SEED))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("out/embedded"))
    parser.add_argument("--steps", type=int, default=7000)
    parser.add_argument("--tales", type=int, default=8, help="tales of 256 tokens in a batch")
    parser.add_argument("--rate", type=float, default=1.2e-3, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def shape() -> LlamaConfig:
    """Give the architecture: every matrix spans several arrays of 128 rows."""
    return LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=256,
        intermediate_size=512,
        num_hidden_layers=4,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=TALE_TOKENS,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=None,
        pad_token_id=None,
    )


def train(model: LlamaForCausalLM, asked: argparse.Namespace) -> None:
    """Take the steps that are left, writing the log and a checkpoint as it goes."""
    optimizer = torch.optim.AdamW(groups(model), lr=asked.rate, betas=(0.9, 0.98), fused=True)
    checkpoint, log = asked.out / "checkpoint.pt", asked.out / "training.csv"
    first = resume(model, optimizer, checkpoint)
    kept = log.read_text().splitlines()[1 : 1 + first // LOG_EVERY] if first else []
    log.write_text("\n".join([",".join(COLUMNS), *kept, ""]))
    recent: list[float] = []
    for step in range(first, asked.steps):
        rate = asked.rate * rate_share(step / asked.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        recent.append(take(model, optimizer, batch(asked, step)))
        done = step + 1
        if done % LOG_EVERY == 0:
            held_out = ("", "")
            if done % CHECK_EVERY == 0 or done == asked.steps:
                text = evaluation_text(CHECK_TOKENS)
                held_out = (f"{loss_nats(model, text):.5f}", f"{floor_nats(text):.5f}")
            tokens = done * asked.tales * TALE_TOKENS
            write(log, (done, tokens, f"{np.mean(recent):.5f}", *held_out, f"{rate:.3e}"))
            recent.clear()
        if done % CHECK_EVERY == 0:
            state = {"step": done, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state, checkpoint.with_suffix(".part"))
            checkpoint.with_suffix(".part").replace(checkpoint)


def groups(model: LlamaForCausalLM) -> list[dict[str, object]]:
    """Let matrices decay, vectors and the embedding not."""
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embed" in name]
    return [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]


def resume(model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, checkpoint: Path) -> int:
    """Load the last checkpoint, if there is one; return the step to go on with."""
    if not checkpoint.exists():
        return 0
    state = torch.load(checkpoint)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["step"])


def rate_share(progress: float) -> float:
    """Rise linearly, then fall along a cosine."""
    if progress < WARMUP_SHARE:
        return (progress + 1e-3) / WARMUP_SHARE
    fall = (progress - WARMUP_SHARE) / (1 - WARMUP_SHARE)
    return LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * fall))


def batch(asked: argparse.Namespace, step: int) -> Text:
    """Give the text of a step."""
    return generate(asked.tales * TALE_TOKENS, seed=asked.seed * 1_000_000 + step)


def take(model: LlamaForCausalLM, optimizer: torch.optim.Optimizer, text: Text) -> float:
    """Take one step; return the mean divergence of the model from the language, in nats per predicted token.

    The targets are the distributions the words were drawn from, not the words: the expected loss is the same, but the
    luck of each draw, which would drown the faint gradient of recall for most of an hour, is gone.
    """
    model.train()
    exact = torch.from_numpy(distributions(text)).view(*text.tales.shape, -1)[:, 1:]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=torch.from_numpy(text.tales), use_cache=False).logits[:, :-1]
    loss = -(exact * logits.float().log_softmax(-1)).sum(-1).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item() - entropy_rate_nats(text)


def save(model: LlamaForCausalLM, out: Path) -> None:
    """Write the weights in float16 with their configuration, and the tokenizer."""
    model.to(torch.float16).save_pretrained(out)
    tokenizer().save_pretrained(out)


def tokenizer() -> PreTrainedTokenizerFast:
    """Give the tokenizer: one token per word, words apart by spaces, no word unknown to it accepted."""
    words = Tokenizer(WordLevel(NUMBER_OF))
    words.pre_tokenizer = WhitespaceSplit()
    words.add_special_tokens([AddedToken(START, special=True)])
    return PreTrainedTokenizerFast(tokenizer_object=words, bos_token=START, clean_up_tokenization_spaces=False)


def write(log: Path, row: tuple[object, ...]) -> None:
    """Add a row to the log."""
    with log.open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(row)


if __name__ == "__main__":
    main()
