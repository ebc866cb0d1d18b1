"""Tabulate what each effect of a chip costs trained models, and how near plan `statistical` comes to `exact`.

Run:    python tools/tabulate_effects.py FOLDER [--only NAME ...] [--model NAME ...]

FOLDER holds stories260k, babyllama105, shakespeare_gpt, albert_rxn, tinystories and tinyshakespeare. Names are those
of effects, or `statistical`. Writes docs/tables/effects.json, keeping what is not asked for, and makes the page
docs/effects-in-models.md of it. Takes minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from effects import CHIPS, EFFECTS, Effect, chip_of
from trained_models import ENCODERS, SUBJECTS, Subject

from bitline.hardware import Chip
from bitline.numerics import PlanName
from bitline.verbs.age import age
from bitline.verbs.calibrate import calibrate
from bitline.verbs.deploy import deploy
from bitline.verbs.evaluate import Likelihood

REPOSITORY = Path(__file__).resolve().parents[1]
TABLE = REPOSITORY / "docs/tables/effects.json"
PAGE = REPOSITORY / "docs/effects-in-models.md"
PLANS: tuple[PlanName, ...] = ("exact", "statistical")
PLAN_SEEDS = (0, 1, 2, 3, 4)
PLAN_TEXTS = {"stories260k": {"scored": 64}, "babyllama105": {"scored": 64}}
"""Small models are quick, and a few thousand tokens leave as much to chance as the bound on the difference allows."""


def main() -> None:
    """Measure what was asked for, then write the table and its page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", choices=[*EFFECTS, "statistical"], default=[*EFFECTS, "statistical"])
    parser.add_argument("--model", nargs="*", choices=[*SUBJECTS], default=[*SUBJECTS])
    asked = parser.parse_args()
    torch.set_num_threads(1)
    table = read() if TABLE.exists() else {"models": {}, "effects": {}, "statistical": {}}
    for name in asked.model:
        subject = SUBJECTS[name](asked.folder)
        known = table["models"].setdefault(name, {})
        known |= {"text": subject.text, "digital": values(subject.score(subject.model))}
        for wanted in asked.only:
            started = time.perf_counter()
            if wanted == "statistical":
                compared = compared_on(name, asked.folder)
                table["models"][name]["compared"] = compared.text
                for chip in CHIPS:
                    found = {plan: on_plan(compared, chip, plan) for plan in PLANS}
                    table["statistical"].setdefault(chip, {})[name] = found
            else:
                table["effects"].setdefault(wanted, {})[name] = measured(subject, EFFECTS[wanted])
            print(f"{name} {wanted}: {time.perf_counter() - started:.0f} s", flush=True)
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text(_as_text(table), encoding="utf-8")
        PAGE.write_text(page(table), encoding="utf-8")


def read() -> dict[str, Any]:
    """Give the table as it was written."""
    found: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


def measured(subject: Subject, effect: Effect, levels: Sequence[Any] = (), seeds: Sequence[int] = ()) -> Any:
    """Score a model at some levels of an effect: for each level (all if not given) a list of one score a seed."""
    levels, seeds = levels or effect.levels, seeds or effect.seeds
    found = [[values(one) for one in _of_seed(subject, effect, levels, seed)] for seed in seeds]
    return {str(level): list(of_level) for level, of_level in zip(levels, zip(*found, strict=True), strict=True)}


def compared_on(name: str, folder: Path) -> Subject:
    """Give a model with the text that plans are compared on."""
    return SUBJECTS[name](folder, **PLAN_TEXTS.get(name, {}))


def on_plan(subject: Subject, chip: str, plan: PlanName, seeds: Sequence[int] = PLAN_SEEDS) -> list[dict[str, float]]:
    """Score a model on one of the chips under a plan, once for each seed."""
    described = chip_of(chip, **CHIPS[chip])
    return [values(_scored(subject, described, seed, plan, calibrated=True)) for seed in seeds]


def _of_seed(subject: Subject, effect: Effect, levels: Sequence[Any], seed: int) -> Iterator[Likelihood]:
    if not effect.ages:
        for level in levels:
            yield _scored(subject, effect.chip(level), seed, "auto", calibrated=effect.calibrated)
        return
    model = deploy(subject.model, effect.chip(), seed=seed)
    for seconds in levels:
        age(model, seconds)
        yield subject.score(model)


def _scored(subject: Subject, chip: Chip, seed: int, plan: PlanName, *, calibrated: bool) -> Likelihood:
    model = deploy(subject.model, chip, seed=seed, plan=plan)
    if calibrated:
        calibrate(model, subject.calibration)
    return subject.score(model)


def values(found: Likelihood) -> dict[str, float]:
    """Give what the table keeps of a score."""
    return {"nats_per_token": found.nats_per_token, "top1_fraction": found.top1_fraction, "tokens": found.tokens}


def _as_text(table: dict[str, Any]) -> str:
    """Write one line for each list of scores."""
    text = json.dumps(table, indent=1)
    pieces = text.split("[")
    lines = ["[" + " ".join(piece[: piece.index("]")].split()) + piece[piece.index("]") :] for piece in pieces[1:]]
    return pieces[0] + "".join(lines) + "\n"


def page(table: dict[str, Any]) -> str:
    """Make the page of the documentation from the table."""
    lines = [
        "# Effects in trained models",
        "",
        "What one effect at a time costs three language models (perplexity; lower is better) and an encoder (share of "
        "masked tokens guessed right). Every weight matrix, the head included, is on analog arrays; attention scores "
        "and everything else are digital. Mean over the seeds, with their standard deviation where chance is at work; "
        "each seed is another chip. Made by `tools/tabulate_effects.py`; every score stands in "
        "`docs/tables/effects.json`, and a slow test computes part of them again.",
        "",
        "| model | scored on | tokens scored | digital |",
        "|---|---|---|---|",
    ]
    for name, known in table["models"].items():
        digital = known["digital"]
        lines.append(f"| {name} | {known['text']} | {digital['tokens']} | {_said(name, [digital])} |")
    for effect, by_model in table["effects"].items():
        lines += ["", *_effect_section(EFFECTS[effect], by_model)]
    if table["statistical"]:
        lines += ["", *_statistical_section(table)]
    return "\n".join(lines) + "\n"


def _effect_section(effect: Effect, by_model: dict[str, Any]) -> Iterator[str]:
    yield f"## {effect.title}"
    yield ""
    seeds = len(effect.seeds)
    yield f"{effect.setting[0].upper()}{effect.setting[1:]}. {seeds} seed{'s' if seeds > 1 else ''}."
    yield ""
    yield f"| {effect.column} | " + " | ".join(by_model) + " |"
    yield "|---|" + "---|" * len(by_model)
    for level in effect.levels:
        cells = [_said(name, scores[str(level)]) for name, scores in by_model.items()]
        yield f"| {level:g} | " + " | ".join(cells) + " |"


def _statistical_section(table: dict[str, Any]) -> Iterator[str]:
    yield "## Plan `statistical` against `exact`"
    yield ""
    texts = "; ".join(f"{name}: {known['compared']}" for name, known in table["models"].items() if "compared" in known)
    yield (
        "Perplexity (of the encoder, the share of masked tokens guessed right) of the same chips under either plan "
        "after calibration on other text, mean over the seeds, and by how much it differs under `statistical`, with "
        "the standard error of that (noise is drawn anew under each plan, so that a difference of one seed is mostly "
        f"chance). The chips are `CHIPS` of `tools/effects.py`. Scored on: {texts}."
    )
    yield ""
    yield "| chip | model | seeds | exact | statistical | difference | each seed |"
    yield "|---|---|---|---|---|---|---|"
    for chip, by_model in table["statistical"].items():
        for name, plans in by_model.items():
            exact, quick = ([score(name, one) for one in plans[plan]] for plan in PLANS)
            each = [difference([a], [b]) for a, b in zip(exact, quick, strict=True)]
            error = f" ± {statistics.stdev(each) / math.sqrt(len(each)):.2%}" if len(each) > 1 else ""
            means = f"{statistics.fmean(exact):.4f} | {statistics.fmean(quick):.4f}"
            listed = ", ".join(f"{one:+.2%}" for one in each)
            yield f"| {chip} | {name} | {len(each)} | {means} | {difference(exact, quick):+.2%}{error} | {listed} |"


def difference(exact: Sequence[float], quick: Sequence[float]) -> float:
    """Give how far the mean of some scores lies above that of others, as a share."""
    return statistics.fmean(quick) / statistics.fmean(exact) - 1.0


def score(name: str, found: dict[str, float]) -> float:
    """Give the perplexity of a language model, or the accuracy of an encoder."""
    return found["top1_fraction"] if name in ENCODERS else math.exp(found["nats_per_token"])


def _said(name: str, scores: Sequence[Any]) -> str:
    each = [score(name, one) for one in scores]
    mean = statistics.fmean(each)
    form = ".1e" if mean >= 1000 else ".1f" if mean >= 100 else ".3f"
    return f"{mean:{form}}" + (f" ± {statistics.stdev(each):{form}}" if len(each) > 1 else "")


if __name__ == "__main__":
    main()
