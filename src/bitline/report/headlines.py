"""The few numbers a reader wants first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from bitline.report.result import Result, cost_of, in_use_of, measured_of
from bitline.report.units import area, duration, many, quantity, share, span

if TYPE_CHECKING:
    from bitline.verbs.outcome import Estimate
    from bitline.verbs.run import Measured

LARGEST_CHANGE_FRACTION = 9.0


@final
@dataclass(frozen=True, slots=True)
class Headline:
    """One number with its name and what it means."""

    name: str
    value: str
    note: str = ""


def headlines(result: Result) -> tuple[Headline, ...]:
    """Give accuracy, where measured, then time, energy, area and efficiency."""
    cost, measured = cost_of(result), measured_of(result)
    accuracy = _accuracy(measured) if measured else ()
    in_use = in_use_of(result)
    measured_j = (_in_use(cost, in_use),) if in_use else ()
    return (*accuracy, *_time(cost), *_energy(cost), *measured_j, *_silicon(cost))


def _accuracy(measured: Measured) -> tuple[Headline, ...]:
    ratio = measured.perplexity_mean / measured.digital_perplexity - 1.0
    spread = f" ± {measured.perplexity_spread:.3g}" if len(measured.seeds) > 1 else ""
    return (
        Headline(
            "perplexity on chip",
            f"{measured.perplexity_mean:.4g}{spread}",
            f"digital {measured.digital_perplexity:.4g}, {_signed(ratio)}",
        ),
        Headline(
            "same first choice",
            share(measured.agreement_fraction),
            f"divergence {measured.divergence_nats_per_token:.3g} nats per token",
        ),
    )


def _signed(ratio_fraction: float) -> str:
    """Write a change in percent, one of ten times and more as a factor."""
    if ratio_fraction >= LARGEST_CHANGE_FRACTION:
        return f"× {1 + ratio_fraction:.3g}"
    return f"{'+' if ratio_fraction >= 0 else '−'}{share(abs(ratio_fraction))}"


def _time(cost: Estimate) -> tuple[Headline, ...]:
    waits = cost.bottleneck
    found = [
        Headline(
            "time to first token" if cost.request.generate else "time of the pass",
            quantity(cost.time_to_first_token_s, "s"),
            f"{cost.request.prompt:,} tokens, batch {cost.request.batch}",
        )
    ]
    if cost.time_per_token_s.size:
        first, last = float(cost.time_per_token_s[0]), float(cost.time_per_token_s[-1])
        found.append(
            Headline(
                "time per token",
                quantity(cost.mean_time_per_token_s, "s"),
                f"{quantity(first, 's')} with {int(cost.contexts[0]):,} tokens of context, "
                f"{quantity(last, 's')} with {int(cost.contexts[-1]):,}",
            )
        )
    found.append(Headline("throughput", many(cost.tokens_per_s, "tokens/s"), f"{duration(cost.total_s)} in all"))
    found.append(
        Headline("waits for", waits.part, f"{share(waits.share_fraction)} of the longer phase, in {waits.operator}")
    )
    return tuple(found)


def _energy(cost: Estimate) -> tuple[Headline, ...]:
    per_joule, envelope = "", "no range known"
    if cost.energy_low_j != cost.energy_high_j:
        per_joule = f"; {_from_to(cost.tokens_per_j_low, cost.tokens_per_j_high)}"
        envelope = span(cost.energy_low_j, cost.energy_high_j, "J")
    return (
        Headline(
            "energy per token",
            quantity(cost.energy_per_token_j, "J"),
            f"{many(cost.tokens_per_j, 'tokens per joule')}{per_joule}",
        ),
        Headline(
            "energy",
            quantity(cost.energy_j, "J"),
            f"{envelope}; {share(cost.leakage_fraction)} leaks; {quantity(cost.average_power_w, 'W')} on average",
        ),
    )


def _from_to(low: float, high: float) -> str:
    return f"{low:.3g}–{high:.3g}" if high < 1 else span(low, high, "").rstrip()


def _in_use(cost: Estimate, in_use: Estimate) -> Headline:
    ratio = in_use.energy_j / cost.energy_j - 1.0 if cost.energy_j else 0.0
    return Headline(
        "energy, measured activity",
        quantity(in_use.energy_j, "J"),
        f"{quantity(in_use.energy_per_token_j, 'J')} per token; {_signed(ratio)} against uniform data",
    )


def _silicon(cost: Estimate) -> tuple[Headline, ...]:
    macro = f"macro {quantity(cost.macro_ops_per_j, 'OPS/W')}; " if cost.macro_ops_per_j else ""
    peak = f"peak {quantity(cost.peak_ops_per_s, 'OPS')}, dense"
    known = f"{area(cost.area_low_m2)} to {area(cost.area_high_m2)}; {peak}"
    return (
        Headline("area", area(cost.area_m2), known) if cost.area_m2 else Headline("area", "not known", peak),
        Headline(
            "efficiency",
            quantity(cost.ops_per_j, "OPS/W"),
            f"{macro}achieved {quantity(cost.ops_per_s, 'OPS')}, dense",
        ),
    )
