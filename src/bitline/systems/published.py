"""What was published about a system: figures with their conditions, source and the band we expect to meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, final

from bitline.errors import not_one_of, repeated, unknown_key, wrong_type
from bitline.hardware.document import Document, refusal
from bitline.hardware.quantity import NonNegative
from bitline.hardware.yaml import read_yaml
from bitline.systems.load import FOLDER, PUBLISHED, system_names

Status: TypeAlias = Literal["reached", "missed", "untried"]
EXPECTED = "a list of published figures (YAML)"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One published figure."""

    id: str
    says: str
    """What the figure is, in the words of its field."""
    metric: str
    """Name of the function in `bitline.reproduce.metrics` that computes ours."""
    value: float
    """In `unit`; where a range was printed, its upper end."""
    unit: str
    """SI, with `op` for one operation (a multiply-accumulate is two), or `1` for ratios and counts."""
    source: str
    tag: Literal["stated", "second-hand", "recalled", "derived"]
    """How close to the primary source it was read; `derived` follows from other figures by arithmetic."""
    status: Status
    """What we know comes out: a test holds it, so that a change shows."""
    within: NonNegative
    """Band, as a share of the value, inside which ours counts as reached."""
    why_within: str
    low: float | None = None
    """Lower end of a printed range."""
    bound: Literal["equal", "at_most", "at_least"] = "equal"
    """Whether the figure is a value, or a limit that ours must keep."""
    conditions: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of the metric by name; `chip` is the system itself if not given."""
    revision: str = ""
    """Which version of the publication."""
    because: str = ""
    """Why ours misses it or was not tried."""


def load_published(system: str) -> tuple[Published, ...]:
    """Read the figures of a system. Raises `ConfigError` with everything that is wrong in them."""
    if system not in system_names():
        raise not_one_of("system", system, system_names())
    return parse_published(read_yaml(FOLDER / system / PUBLISHED, EXPECTED))


def parse_published(document: Document) -> tuple[Published, ...]:
    """Make the figures of what was read: a block with the one key `figures`. Raises `ConfigError`."""
    # pydantic takes long to import, and most of the package never reads a description.
    from bitline.hardware.schema import value_of

    tree = document.tree
    if not isinstance(tree, dict) or not isinstance(tree.get("figures"), list):
        raise wrong_type("figures", tree, "a block with the key figures and a list below it", document.where(()))
    for key in tree.keys() - {"figures"}:
        raise unknown_key(str(key), ["figures"], document.where((key,)))
    read = [value_of(Published, entry, ("figures", i)) for i, entry in enumerate(tree["figures"])]
    problems = tuple(problem for _, found in read for problem in found)
    if problems:
        raise refusal(document, problems)
    figures = tuple(figure for figure, _ in read)
    _refuse_repeated(figures, document)
    return figures


def _refuse_repeated(figures: tuple[Published, ...], document: Document) -> None:
    first: dict[str, int] = {}
    for i, figure in enumerate(figures):
        j = first.setdefault(figure.id, i)
        if j != i:
            raise repeated(f"id {figure.id}", document.where(("figures", j)), document.where(("figures", i)))
