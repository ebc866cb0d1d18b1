"""Texts cut into windows, and scores against those that transformers and the sources of the models give."""

from __future__ import annotations

import itertools
import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from bitline.errors import ConfigError, DataError
from bitline.hardware import Adc, Cell, Spread
from bitline.verbs.calibrate import calibrate
from bitline.verbs.checkpoint import load_checkpoint
from bitline.verbs.deploy import deploy
from bitline.verbs.evaluate import evaluate, perplexity
from bitline.verbs.tasks import exact_match, masked_words
from bitline.verbs.windows import usual_window, windows


def small() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=31, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=32, initializer_range=0.3,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def text(length: int) -> torch.Tensor:
    return torch.randint(0, 31, (length,), generator=torch.Generator().manual_seed(length))


@given(length=st.integers(4, 60), window=st.integers(2, 20), stride=st.integers(1, 30))
def test_each_token_is_scored_at_most_once_and_never_first(length, window, stride):
    tokens = torch.arange(length)
    if length < window:
        with pytest.raises(DataError, match=f"has {length} tokens, less than one window of {window}"):
            windows(tokens, window, stride)
        return
    scored = [int(token) for one in windows(tokens, window, stride) for token in one.tokens[one.scored_from :]]
    assert len(scored) == len(set(scored))
    assert 0 not in scored
    if stride < window:
        covered = (length - window) // stride * stride + window
        assert scored == list(range(1, covered))


def test_documents_are_windows_of_their_own():
    cut = windows([torch.arange(9), torch.arange(1), torch.arange(3)], 5)
    assert [one.tokens.tolist() for one in cut] == [[0, 1, 2, 3, 4], [0, 1, 2]]
    with pytest.raises(DataError, match="no document of at least 2 tokens"):
        windows([torch.arange(1)], 5)
    with pytest.raises(ConfigError, match="window = 1"):
        windows(torch.arange(9), 1)


def test_the_usual_window_is_what_the_model_sees():
    assert usual_window(small()) == 32
    assert usual_window(torch.nn.Linear(2, 2)) == 2048


@torch.no_grad()
def test_perplexity_is_the_loss_of_transformers():
    model, tokens = small(), text(40)
    parts = tokens.view(5, 8)
    wanted = float(model(parts, labels=parts).loss)
    found = perplexity(model, tokens, window=8)
    assert found.nats_per_token == pytest.approx(wanted, rel=1e-6)
    assert found.tokens == 35
    assert found.perplexity == pytest.approx(torch.tensor(wanted).exp().item(), rel=1e-6)


@torch.no_grad()
def test_documents_of_any_length_and_batches_of_any_size_score_the_same():
    model = small().train()
    documents = [text(length) for length in (3, 17, 8, 8, 25)]
    apart = [perplexity(model, [one]) for one in documents]
    wanted = sum(one.nats_per_token * one.tokens for one in apart) / sum(one.tokens for one in apart)
    for batch in (1, 2, 5):
        assert perplexity(model, documents, batch=batch).nats_per_token == pytest.approx(wanted, rel=1e-5)
    assert model.training


@torch.no_grad()
def test_overlap_gives_each_token_more_context():
    model, tokens = small(), text(20)
    logits = [model(tokens[None, at : at + 8]).logits[0].log_softmax(-1) for at in range(0, 13, 4)]
    nats = [-logits[0][i - 1, tokens[i]] for i in range(1, 8)]
    nats += [-logits[w][i - 1, tokens[4 * w + i]] for w in (1, 2, 3) for i in range(4, 8)]
    found = perplexity(model, tokens, window=8, stride=4)
    assert found.tokens == len(nats) == 19
    assert found.nats_per_token == pytest.approx(float(torch.stack(nats).mean()), rel=1e-5)


@torch.no_grad()
def test_an_ideal_chip_agrees_and_a_coarse_one_diverges(chip_of, integers):
    model, tokens = small(), text(64)
    plain = perplexity(model, tokens, window=16)
    fine = evaluate(deploy(model, chip_of(integers(18), integers(18))), tokens, window=16)
    assert fine.agreement_fraction == 1.0
    assert fine.divergence_nats_per_token < 1e-6
    assert fine.digital == plain
    coarse = evaluate(deploy(model, chip_of(integers(3), integers(3))), tokens, window=16)
    assert coarse.digital == plain
    assert coarse.on_chip == perplexity(model, tokens, window=16)
    assert coarse.agreement_fraction < 1.0
    assert coarse.divergence_nats_per_token > 0.01


def test_only_a_deployed_model_can_be_compared():
    with pytest.raises(ConfigError, match="is not deployed"):
        evaluate(small(), text(64))


# What the trained models' sources state, through our loading and scoring.


def stories(shared, count, file="stories.txt"):
    found = (shared / "data/tinystories" / file).read_text(encoding="utf-8").split("<|endoftext|>")
    return found[:count]


@pytest.mark.parametrize(
    ("name", "window", "file", "tokens", "wanted", "top1"),
    [
        ("stories260k", 512, "valid_excerpt.txt", 3_020, 3.1786, 0.6795),
        ("babyllama105", 256, "valid_excerpt.txt", 2_550, 1.8508, 0.8110),
        pytest.param("stories260k", 512, "stories.txt", 79_035, 4.3891, 0.6033, marks=pytest.mark.slow),
        pytest.param("babyllama105", 256, "stories.txt", 51_000, 2.1114, 0.7735, marks=pytest.mark.slow),
    ],
)
def test_story_models_score_what_their_sources_state(shared, name, window, file, tokens, wanted, top1):
    loaded = load_checkpoint(shared / "data" / name)
    found = perplexity(loaded.model, loaded.documents(stories(shared, 200, file)), window=window, batch=16)
    assert found.tokens == tokens
    assert found.perplexity == pytest.approx(wanted, rel=1e-4)
    assert found.top1_fraction == pytest.approx(top1, abs=1e-4)


def shakespeare(shared):
    folder = shared / "data/shakespeare_gpt"
    chars = json.loads((folder / "chars.json").read_text())["chars"]
    body = (shared / "data/tinyshakespeare/input.txt").read_text(encoding="utf-8")
    codes = torch.tensor([chars.index(one) for one in body[int(0.9 * len(body)) :]])
    return load_checkpoint(folder).model, codes


@pytest.mark.slow
def test_shakespeare_scores_what_its_source_states(shared):
    model, codes = shakespeare(shared)
    assert perplexity(model, codes, stride=1024, batch=16).perplexity == pytest.approx(4.538, rel=1e-3)


def sorting(shared):
    prompts = torch.tensor(list(itertools.product(range(3), repeat=6)))
    return load_checkpoint(shared / "data/gpt_sort").model, prompts, prompts.sort(dim=1).values


def test_sorting_is_always_right(shared):
    found = exact_match(*sorting(shared))
    assert (found.right, found.asked, found.right_fraction) == (729, 729, 1.0)


def reactions(shared, count):
    loaded = load_checkpoint(shared / "data/albert_rxn")
    lines = (shared / "data/albert_rxn/reactions.txt").read_text(encoding="utf-8").splitlines()[:count]
    documents = [one[:512] for one in loaded.documents(lines)]
    return loaded, documents, {"mask": loaded.tokenizer.mask_token_id, "special": loaded.tokenizer.all_special_ids}


@pytest.mark.slow
def test_reactions_score_what_their_source_states(shared):
    loaded, documents, tokens = reactions(shared, 300)
    found = masked_words(loaded.model, documents, **tokens)
    assert found.tokens == 5110
    assert found.top1_fraction == pytest.approx(0.9849, abs=1e-4)
    assert found.nats_per_token == pytest.approx(0.0435, abs=1e-4)


def test_no_hidden_words_is_an_error():
    with pytest.raises(DataError, match="no token was hidden"):
        masked_words(small(), [torch.tensor([1, 2])], mask=3, special=[1, 2])


# The same models on a chip.


@pytest.mark.parametrize("rows", [64, 128])
def test_sorting_on_small_arrays(shared, chip_of, analogs, rows):
    """8-bit weights in 2-bit cells under 8-bit converters sort everything; 4-bit converters do not."""
    model, prompts, answers = sorting(shared)
    fine = deploy(model, chip_of(analogs(8, rows), analogs(8, rows)))
    assert exact_match(fine, prompts[::27], answers[::27]).right_fraction == 1.0
    coarse = deploy(model, chip_of(analogs(3, rows), analogs(3, rows)))
    assert exact_match(coarse, prompts[::27], answers[::27]).right_fraction < 0.9


def test_stories_on_small_arrays(shared, chip_of, analogs):
    """More converter bits never hurt by more than chance, and an ideal converter leaves what rounding leaves."""
    loaded = load_checkpoint(shared / "data/babyllama105")
    documents = loaded.documents(stories(shared, 2))
    found = {}
    for bits in (4, 6, None):
        chip = chip_of(analogs(bits, 64))
        found[bits] = evaluate(deploy(loaded.model, chip), documents, window=64)
    plain = found[None].digital.perplexity
    assert found[None].on_chip.perplexity == pytest.approx(plain, rel=0.01)
    assert found[4].on_chip.perplexity > found[6].on_chip.perplexity > 0.99 * found[None].on_chip.perplexity
    assert found[4].agreement_fraction < found[6].agreement_fraction < found[None].agreement_fraction


def test_reactions_on_small_arrays(shared, chip_of, analogs):
    loaded, documents, tokens = reactions(shared, 3)
    short = [one[:128] for one in documents]
    wanted = masked_words(loaded.model, short, **tokens)
    found = masked_words(deploy(loaded.model, chip_of(analogs(None, 128))), short, **tokens)
    assert found.top1_fraction == pytest.approx(wanted.top1_fraction, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stories260k", "babyllama105"])
def test_more_noise_is_worse(shared, chip_of, analogs, name):
    loaded = load_checkpoint(shared / "data" / name)
    documents = loaded.documents(stories(shared, 20))
    found = []
    for sigma in (0.0, 0.02, 0.1):
        cell = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=sigma) if sigma else None)
        chip = chip_of(analogs(None, 128, cell=cell))
        found.append(perplexity(deploy(loaded.model, chip), documents, window=256).perplexity)
    assert found[0] < found[1] < found[2]


@pytest.mark.slow
@pytest.mark.parametrize("rows", [128, 256])
def test_shakespeare_over_several_arrays(shared, chip_of, analogs, rows):
    """Matrices of up to 1024 inputs: ideal arrays cost no more than 8-bit rounding; fewer converter bits cost more."""
    model, codes = shakespeare(shared)
    part = codes[: 8 * 256]
    plain = perplexity(model, part).perplexity
    found = {}
    for bits in (5, 7, 8, None):
        deployed = deploy(model, chip_of(analogs(bits, rows)))
        assert {one.plan for one in deployed.deployed.on_chip} == {"exact" if bits else "lossless"}
        found[bits] = perplexity(deployed, part).perplexity
    assert found[None] == pytest.approx(plain, rel=2e-3)
    assert found[5] > found[7] > found[8] > 0.999 * found[None]
    assert found[5] > 1.05 * plain


@torch.no_grad()
def test_calibrated_ranges_make_up_for_converter_bits(shared, chip_of, analogs):
    loaded = load_checkpoint(shared / "data/babyllama105")
    documents = loaded.documents(stories(shared, 3))
    chip = chip_of(analogs(None, 128, adc=Adc(bits=4, range="calibrated")))
    model = deploy(loaded.model, chip)
    before = evaluate(model, documents[:2], window=64)
    assert calibrate(model, documents[2:], window=64) == ()
    after = evaluate(model, documents[:2], window=64)
    assert after.on_chip.perplexity < 0.8 * before.on_chip.perplexity
