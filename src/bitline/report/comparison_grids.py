"""A comparison as tables: the numbers side by side, what they rest on, and who cannot hold the model."""

from __future__ import annotations

from collections.abc import Iterator

from bitline.report.cautions import counted, rewrites, unplaced
from bitline.report.grid import Grid, left, remark, right
from bitline.report.result import asked
from bitline.report.units import PREFIXES, area, prefix_power, quantity, seconds, share, span
from bitline.verbs.compare import Comparison, Entry, Store
from bitline.verbs.outcome import Estimate

MADE = "first token", "First token: the pass over the prompt. Tokens/s: of the decode steps."
READ = "time", "Tokens: those read."
"""The column of times and how to read it, where tokens are made and where none is."""
NO_RANGE = "no range"
REWRITTEN, UNKNOWN = "rewritten", "not known"
CLOSE = 1.2
"""High over low up to which two digits would not tell the ends of a range apart."""


def side_by_side(compared: Comparison) -> Grid:
    """Make the table of results: a row for each chip that runs the model."""
    first, told = MADE if compared.request.generate else READ
    return Grid(
        title=title(compared),
        columns=(
            left("system"), right(first), right("tokens/s"), right("J/token"), right("low to high"),
            right("room used"), left("waits for", spare=True), right("used", spare=True),
        ),
        rows=tuple(_row(one, cost) for one, cost in compared.running),
        note=f"{told} J/token: all energy over all tokens. Used: operations over the dense peak, whole request; above "
        "100% where zeros are skipped.",
    )  # fmt: skip


def by_phase(compared: Comparison) -> Grid:
    """Make a table of what the columns beside it leave out: phases apart, power and area."""
    return Grid(
        title="By phase",
        columns=(
            left("system"), right("prefill"), left("waits for"), right("share"), right("a decode step"),
            left("waits for "), right("share "), right("power"), right("area"), left("fullest"),
        ),
        rows=tuple((one.chip, *_phases(cost), *_power(cost), _name(one.fullest)) for one, cost in compared.running),
        note="Share: of the time of the phase that is spent waiting for that part. Area: of the parts that have one. "
        "Fullest: the memory or the arrays with least room to spare.",
    )  # fmt: skip


def foundations(compared: Comparison) -> Grid:
    """Count what each description rests on."""
    return Grid(
        title="What the numbers rest on",
        columns=(
            left("system"), right("stated"), right("recalled"), right("assumed"), right("fitted"),
            right("defaults", spare=True), right("disputed", spare=True), left("energy counts"),
        ),
        rows=tuple(
            (
                one.chip, f"{known.stated}", f"{known.recalled}", f"{known.assumed}", f"{known.fitted}",
                f"{known.defaults}", f"{known.conflicts}", counted(one),
            )
            for one in compared.entries
            for known in (one.rests_on,)
        ),
        note="Numbers of each description: stated by a source (recalled ones are among them), assumed, fitted to a "
        "measurement, left to Bitline's defaults; disputed where sources disagree.",
    )  # fmt: skip


def refused(compared: Comparison) -> Grid:
    """Say of each chip that cannot run the model how much it lacks, or what."""
    return Grid(
        title="Cannot run it",
        columns=(left("system"), right("needs"), right("has"), right("missing"), remark("why")),
        rows=tuple((one.chip, *_short(one.fullest), reason(one)) for one in compared.refused),
    )


def too_small(compared: Comparison) -> Grid:
    """Say of each chip that cannot hold the model how much it lacks, without sentences."""
    return Grid(
        title="Too small",
        columns=(left("system"), right("needs"), right("has"), right("missing"), right("times")),
        rows=tuple(
            (one.chip, *_short(one.fullest), times(one.fullest.used_fraction))
            for one in compared.refused
            if one.fullest is not None
        ),
        note="Times: what is needed over what there is. The page and the JSON tell what would help.",
    )


def assumptions(compared: Comparison) -> Grid:
    """List everything that descriptions assume or fit, with the reason."""
    return Grid(
        title="Assumed and fitted",
        columns=(left("system"), left("number"), left("standing"), remark("why")),
        rows=tuple(row for one in compared.entries for row in _assumed(one)),
    )


def warnings(compared: Comparison) -> Grid | None:
    """List what each estimate warns of beside what holds for all; None where there is nothing."""
    rows = tuple(
        (one.chip, sentence)
        for one, cost in compared.running
        for sentence in cost.warnings
        if sentence not in compared.told
    )
    return (
        Grid(title="Warnings", columns=(left("system"), remark("know before you quote")), rows=rows) if rows else None
    )


def title(compared: Comparison) -> str:
    """Name model and request in one line."""
    return f"{compared.model}, {asked(compared.request)}"


def rate(cost: Estimate) -> float:
    """Tokens per second: of the decode steps, or of the pass where there is none."""
    return cost.decode_tokens_per_s or cost.tokens_per_s


def reason(one: Entry) -> str:
    """Say why a chip cannot run the model, without its name in front."""
    return one.why_not.removeprefix(f"{one.chip}: ")


def times(ratio_fraction: float) -> str:
    """Write how many times the room a model needs: 3.22, 76.2, 4,640."""
    return f"{ratio_fraction:.3g}" if ratio_fraction < 100 else f"{ratio_fraction:,.0f}"


def _row(one: Entry, cost: Estimate) -> tuple[str, ...]:
    tokens_per_s, each = rate(cost), cost.request.tokens
    ranged = cost.energy_low_j != cost.energy_high_j
    return (
        one.chip,
        seconds(cost.time_to_first_token_s),
        f"{tokens_per_s:,.0f}" if tokens_per_s >= 100 else f"{tokens_per_s:.3g}",
        quantity(cost.energy_per_token_j, "J"),
        _span(cost.energy_low_j / each, cost.energy_high_j / each) if ranged else NO_RANGE,
        REWRITTEN if rewrites(cost) else UNKNOWN if unplaced(cost) else _room(one.fullest),
        cost.bottleneck.part,
        share(one.utilisation_fraction),
    )


def _phases(cost: Estimate) -> tuple[str, ...]:
    cells: list[str] = []
    for phase in cost.phases:
        waits = phase.bottleneck
        cells += [seconds(phase.time_s / max(phase.steps, 1)), waits.part, share(waits.share_fraction)]
    return (*cells, *[""] * (6 - len(cells)))


def _span(low_j: float, high_j: float) -> str:
    """Write a range with two digits, or three if the ends are close, both with the prefix of the upper one."""
    if high_j < CLOSE * low_j:
        return span(low_j, high_j, "J")
    power = prefix_power(high_j)
    low, high = (float(f"{value:.2g}") / 10.0**power for value in (low_j, high_j))
    return f"{low:.3g}–{high:.3g} {PREFIXES[power]}J"


def _power(cost: Estimate) -> tuple[str, str]:
    return quantity(cost.average_power_w, "W"), area(cost.area_m2) if cost.area_m2 else ""


def _room(store: Store | None) -> str:
    if store is None:
        return ""
    return f"{share(store.used_fraction)} of {store.unit if store.unit != 'bytes' else _amount(store.room, 'bytes')}"


def _name(store: Store | None) -> str:
    return store.name if store else ""


def _short(store: Store | None) -> tuple[str, str, str]:
    if store is None:
        return "", "", ""
    return tuple(_amount(number, store.unit) for number in (store.needed, store.room, store.missing))  # type: ignore[return-value]


def _amount(number: float, unit: str) -> str:
    if unit != "bytes":
        written = f"{number:,.0f}" if number < 1e6 else quantity(number, "").strip()
        return f"{written} {unit.removesuffix('s') if number == 1 else unit}"
    return quantity(number, "B").replace(".00 ", " ").replace(".0 ", " ")


def _assumed(one: Entry) -> Iterator[tuple[str, str, str, str]]:
    said = one.description.provenance
    for standing, given in (("assumed", said.assumptions), ("fitted", said.fitted)):
        for path, why in given.items():
            yield one.chip, path, standing, why
