"""What deploying a model will do, decided and checked before anything is programmed or let go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

from torch import Tensor, nn

from bitline.errors import ConfigError
from bitline.hardware import Analog, Arithmetic, BlockFloating, Chip, Floating, Integer
from bitline.mapping.placement import engine_for
from bitline.numerics import Age, PlanName
from bitline.numerics.modules import attention, experts
from bitline.numerics.modules.convolution import convolution_class, kernel_of
from bitline.numerics.modules.embedding import ProgrammedEmbedding, tiles_of
from bitline.numerics.modules.held import HELD, Held, refuse_unfit
from bitline.numerics.modules.interception import caught_attention, caught_router
from bitline.numerics.modules.key_order import key_order
from bitline.numerics.modules.linear import programmed_class, weight_of
from bitline.numerics.modules.roles import CONTEXT, SCORES, ModuleRoles, expert_roles, operator_name
from bitline.numerics.soundness import refuse_unsound
from bitline.operators import Gather
from bitline.verbs.deployment import Absent, Change, Digital, OnChip
from bitline.verbs.placement import Place, named, place
from bitline.verbs.survey import Site


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Matrices of one module that are to be programmed together."""

    name: str
    """Of the module; experts: with `.in` and `.out`."""
    site: Site
    arithmetic: Analog | Integer
    weights: Callable[[], Sequence[Tensor]]
    """Gives the digital weights, each `[n, k]`: asked for one job at a time, so that they can be let go."""


@final
class Blueprint:
    """Takes one site after another and notes what is to be done; the model stays as it is."""

    def __init__(self, chip: Chip, seed: int, plan: PlanName, own: ModuleRoles) -> None:
        """Plan for a chip; `own` are the roles that the model's family names in its own way."""
        self.chip, self.seed, self.plan, self.own = chip, seed, plan, own
        self.age = Age(kelvin=chip.technology.temperature_k)
        self.on_chip: list[OnChip] = []
        self.digital: list[Digital] = []
        self.changes: list[Change] = []
        """All but those that need programmed matrices."""
        self.jobs: list[tuple[Job, ...]] = []
        """Of each site that has any."""

    def take(self, site: Site) -> bool:
        """Plan for a site and list it; say whether any of it is on the chip.

        Raises:
            ConfigError, DataError: it is placed on the chip and cannot be computed there.

        """
        if site.kind == "embedding" and not named(self.chip, site.roles, site.name):
            return False
        if site.why_digital:
            return self._leave(site, site.roles, site.why_digital)
        if site.kind in ("attention", "written_attention"):
            return self._attention(site)
        if site.kind == "experts":
            return self._experts(site)
        where = place(self.chip, site.roles, site.name)
        if where.why_digital:
            return self._leave(site, site.roles, where.why_digital)
        if site.kind == "embedding":
            self._refuse_lookup(site)
            if isinstance(where.arithmetic, Integer) and where.arithmetic.formats.weight is not None:
                return self._leave(site, site.roles, f"engine {where.engine!r} looks up tables as the model has them")
        self.jobs.append((self._job(site, site.name, site.roles, where, lambda: _weights(site, where)),))
        self.changes.append(Change(site.module, "__class__", type(site.module), _class_on_chip(site)))
        return True

    def _refuse_lookup(self, site: Site) -> None:
        """Refuse a table on an engine that runs no lookups, as an estimate does."""
        rows, width = site.module.weight.shape  # type: ignore[misc]
        name = operator_name(site.name, site.roles[0])
        lookup = Gather(name=name, role=site.roles[0], elements=width, held=rows * width, width=width)
        engine_for(lookup, self.chip)

    def _experts(self, site: Site) -> bool:
        outward = expert_roles("down_proj")
        places = place(self.chip, site.roles, site.name), place(self.chip, outward, site.name)
        if any(where.why_digital for where in places):
            # One function computes both projections of an expert: they go together or not at all.
            why = next(where.why_digital for where in places if where.why_digital)
            return self._leave(site, site.roles + outward, why)
        into = self._job(site, f"{site.name}.in", site.roles, places[0], lambda: experts.inward(site.module))
        out = self._job(site, f"{site.name}.out", outward, places[1], lambda: experts.outward(site.module))
        self.jobs.append((into, out))
        return True

    def _attention(self, site: Site) -> bool:
        places = {role: place(self.chip, (role,), site.name, "cache") for role in (SCORES, CONTEXT)}
        for role, where in places.items():
            if where.why_digital:
                self._leave(site, (role,), where.why_digital)
            else:
                if isinstance(where.arithmetic, Analog | Integer):
                    refuse_unsound(where.arithmetic, operands=True)
                plan, why = _attention_plan(where.arithmetic)
                self.on_chip.append(OnChip(module=site.name, roles=(role,), engine=where.engine, plan=plan, why=why))
        if all(where.why_digital for where in places.values()):
            return False
        scores, context = places[SCORES].arithmetic, places[CONTEXT].arithmetic
        products = attention.Products(
            scores=scores, context=context, name=site.name, key=(self.seed, site.name),
            keys=key_order(site.module, site.name, scores, self.own),
        )  # fmt: skip
        self.changes.append(Change(site.module, attention.PRODUCTS, Absent, products))
        if site.kind == "written_attention":
            kind = caught_attention(type(site.module))
            self.changes.append(Change(site.module, "__class__", type(site.module), kind))
        return True

    def _job(
        self, site: Site, name: str, roles: tuple[str, ...], where: Place, weights: Callable[[], Sequence[Tensor]]
    ) -> Job:
        assert not isinstance(where.arithmetic, Floating)
        if isinstance(where.arithmetic, BlockFloating):
            raise ConfigError(
                f"{self.chip.name}: {name} is placed on engine {where.engine!r}, whose blocks share an exponent; that "
                f"is known for the scores and context of attention only. Leave out the engine's shared_exponent."
            )
        found = weights()
        choice = refuse_unfit(name, found, where.arithmetic, self.plan, self.age)
        n, k = found[0].shape
        self.on_chip.append(
            OnChip(
                module=site.name, roles=roles, engine=where.engine, plan=choice.plan, why=choice.why, shape=(k, n),
                matrices=len(found),
            )
        )  # fmt: skip
        return Job(name=name, site=site, arithmetic=where.arithmetic, weights=weights)

    def programmed(self, job: Job) -> Held:
        """Program the matrices of a job."""
        key = (self.seed, job.name)
        return Held(job.weights(), job.arithmetic, name=job.name, key=key, plan=self.plan, age=self.age)

    def _leave(self, site: Site, roles: tuple[str, ...], why: str) -> bool:
        self.digital.append(Digital(module=site.name, roles=roles, why=why))
        return False


def holding(site: Site, held: Sequence[Held]) -> Change:
    """Give the change that puts programmed matrices under their module."""
    if site.kind == "experts":
        return Change(site.module, experts.EXPERTS, Absent, {"in": held[0], "out": held[1]})
    return Change(site.module, HELD, Absent, held[0])


def parameters_let_go(site: Site) -> tuple[str, ...]:
    """Name the parameters that nobody needs once they are programmed: not those of tables and routers."""
    if site.kind == "experts":
        return experts.inward_name(site.module), "down_proj"
    return ("weight",) if site.kind in ("linear", "convolution") else ()


def _weights(site: Site, where: Place) -> Sequence[Tensor]:
    if site.kind == "embedding":
        return tiles_of(site.module, where.arithmetic)
    return kernel_of(site.module) if site.kind == "convolution" else weight_of(site.module)


def _class_on_chip(site: Site) -> type[nn.Module]:
    if site.kind == "embedding":
        return ProgrammedEmbedding
    if site.kind == "router":
        return caught_router(type(site.module))
    return convolution_class(site.module) if site.kind == "convolution" else programmed_class(site.module)


def _attention_plan(arithmetic: Arithmetic) -> tuple[str, str]:
    if isinstance(arithmetic, BlockFloating):
        return "lossless", "mantissas are multiplied and added up as whole numbers, block by block"
    if isinstance(arithmetic, Integer) and arithmetic.formats.cache is not None:
        return "lossless", f"keys and values kept as {arithmetic.formats.cache.words}: added up exactly"
    why = "both operands change with every token, and ranges follow each vector"
    return ("lossless" if isinstance(arithmetic, Integer) else "exact"), why
