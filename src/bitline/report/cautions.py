"""What makes numbers of different systems unlike."""

from __future__ import annotations

from collections.abc import Iterator

from bitline.verbs.caveats import NOWHERE
from bitline.verbs.compare import Comparison, Entry
from bitline.verbs.outcome import Estimate

LEVELS = {"device": "devices", "interface": "devices and pins", "board": "board"}
"""What energies count, in words."""
LEAKAGE, UNKNOWN = ".leakage_w", "standing power not "
"""How the names of prices end, and how the sources of those begin that are left out."""


def cautions(compared: Comparison) -> Iterator[str]:
    """Say what makes numbers of different systems unlike."""
    alike: dict[str, list[str]] = {}
    for one, _ in compared.running:
        alike.setdefault(counted(one), []).append(one.chip)
    if len(alike) > 1:
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in alike.items())
        yield f"Energies count different things ({told}): what is left out flatters the others."
    without = {one.chip: parts for one, cost in compared.running if (parts := unpowered(cost))}
    if without:
        told = "; ".join(f"{chip}: {', '.join(parts)}" for chip, parts in without.items())
        yield f"Standing power that nobody states is left out ({told})."
    groups = [f"{one.chip}: {number}" for one, _ in compared.running if (number := one.description.devices.all) > 1]
    if groups:
        yield f"Groups of devices ({', '.join(groups)}): times, energies and room are those of the whole group."
    anew = [one.chip for one, cost in compared.running if rewrites(cost)]
    if anew:
        yield f"Too large for {', '.join(anew)}: weights are written anew in every step."
    away = [one.chip for one, cost in compared.running if unplaced(cost)]
    if away:
        yield f"Weights with no place in the description ({', '.join(away)}): whether there is room is not known."
    yield from compared.told
    single = [one.chip for one, cost in compared.running if cost.energy_low_j == cost.energy_high_j]
    if single:
        yield f"No range is known for the energy of {', '.join(single)}: one stated power, drawn all the time."


def counted(one: Entry) -> str:
    """Say what the energies of a chip count."""
    levels = dict.fromkeys(memory.energy_level for memory in one.description.memories.values())
    return " + ".join(LEVELS[level] for level in levels) or LEVELS["device"]


def rewrites(cost: Estimate) -> bool:
    """Say whether weights do not fit and are written anew in every step."""
    return any(one.rewritten_layers for one in cost.operators)


def unplaced(cost: Estimate) -> bool:
    """Say whether there are weights of which the description does not tell where they lie."""
    return any(told.startswith(NOWHERE) for told in cost.warnings)


def unpowered(cost: Estimate) -> tuple[str, ...]:
    """Name the parts whose standing power nobody states and no model knows: it is left out."""
    ends = [
        name.removesuffix(LEAKAGE) for name, figure in cost.figures
        if name.endswith(LEAKAGE) and figure.source.startswith(UNKNOWN)
    ]  # fmt: skip
    return tuple(dict.fromkeys(ends))
