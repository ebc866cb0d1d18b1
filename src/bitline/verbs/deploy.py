"""Put a model on a chip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from torch import Tensor, nn

from bitline.errors import ConfigError, not_one_of
from bitline.hardware import Analog, Arithmetic, BlockFloating, Chip, Floating, Integer
from bitline.numerics import PLANS, Age, PlanName
from bitline.numerics.let_go import let_go
from bitline.numerics.modules import attention, experts
from bitline.numerics.modules.convolution import convolution_class, kernel_of
from bitline.numerics.modules.embedding import ProgrammedEmbedding, tiles_of
from bitline.numerics.modules.held import HELD, Held
from bitline.numerics.modules.interception import caught_attention, caught_router
from bitline.numerics.modules.key_order import key_order
from bitline.numerics.modules.linear import programmed_class, weight_of
from bitline.numerics.modules.roles import CONTEXT, SCORES, ModuleRoles, expert_roles
from bitline.numerics.soundness import refuse_unsound
from bitline.verbs.configuration import configured
from bitline.verbs.deployment import DEPLOYED, Absent, Change, Deployment, Digital, OnChip, find_deployment, switch
from bitline.verbs.placement import Place, named, place
from bitline.verbs.restore import restore
from bitline.verbs.survey import Site, family_roles, survey, tables

Model = TypeVar("Model", bound=nn.Module)


def deploy(
    model: Model,
    chip: Chip,
    *,
    seed: int = 0,
    plan: PlanName = "auto",
    only: Callable[[str], bool] | None = None,
    keep_digital: bool = True,
) -> Model:
    """Let every product of `model` whose role the chip's placement sends to an engine run as that engine computes it.

    The model is changed in place and returned; its parameters stay where they are (tied weights stay tied, and
    `save_pretrained` writes an ordinary checkpoint), and `restore` gives the digital model back. A model that is
    deployed already is taken off its chip first. What runs where is listed in `deployment_of(model)`. `only` says of
    the name of a module whether it may go on the chip; the others stay digital, and are not listed.

    `keep_digital=False` lets the digital weights of each linear layer, convolution and expert go as soon as they are
    programmed, so that memory holds a layer once: the parameters become placeholders without values, and the model
    can no longer be restored, saved, trained, calibrated or aged. Tables and what is tied to them stay.

    Raises:
        ConfigError: something placed on the chip cannot be computed there.
        DataError: a weight is not finite.

    """
    if plan not in PLANS:
        raise not_one_of("plan", plan, PLANS)
    if find_deployment(model) is not None:
        restore(model)
    if any(parameter.is_meta for parameter in model.parameters()):
        raise ConfigError(f"{type(model).__name__} has no weights (meta device). Load a checkpoint before deploying.")
    writer = _Writer(chip, seed, plan, family_roles(model), keep_digital=keep_digital)
    sites = [*survey(model), *tables(model)]
    spared = [site.module for site in sites if only is not None and not only(site.name)]
    taken = [site for site in sites if (only is None or only(site.name)) and writer.take(site)]
    changes = (*writer.changes, *configured(model, taken, spared))
    deployment = Deployment(
        chip=chip, seed=seed, plan=plan, on_chip=tuple(writer.on_chip), digital=tuple(writer.digital),
        held=writer.held, changes=changes, let_go=tuple(writer.let_go),
    )  # fmt: skip
    attention.register()
    experts.register()
    switch(deployment, on_chip=True)
    setattr(model, DEPLOYED, deployment)
    return model


class _Writer:
    """Programs one site after another and notes what is to change; of the model only weights to let go are touched."""

    def __init__(self, chip: Chip, seed: int, plan: PlanName, own: ModuleRoles, *, keep_digital: bool) -> None:
        self.chip, self.seed, self.plan, self.own, self.keep_digital = chip, seed, plan, own, keep_digital
        self.let_go: list[str] = []
        self.age = Age(kelvin=chip.technology.temperature_k)
        self.on_chip: list[OnChip] = []
        self.digital: list[Digital] = []
        self.held: dict[str, Held] = {}
        self.changes: list[Change] = []

    def take(self, site: Site) -> bool:
        """Program a site and list it; say whether any of it is on the chip."""
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
        weights = _weights(site, where)
        self._change(site.module, HELD, self._program(site, site.name, site.roles, where, weights))
        self.changes.append(Change(site.module, "__class__", type(site.module), _class_on_chip(site)))
        if site.kind in ("linear", "convolution"):
            self._let_go(site, "weight")
        return True

    def _experts(self, site: Site) -> bool:
        outward = expert_roles("down_proj")
        places = place(self.chip, site.roles, site.name), place(self.chip, outward, site.name)
        if any(where.why_digital for where in places):
            # One function computes both projections of an expert: they go together or not at all.
            why = next(where.why_digital for where in places if where.why_digital)
            return self._leave(site, site.roles + outward, why)
        weights = experts.inward(site.module), experts.outward(site.module)
        held = {
            "in": self._program(site, f"{site.name}.in", site.roles, places[0], weights[0]),
            "out": self._program(site, f"{site.name}.out", outward, places[1], weights[1]),
        }
        self._change(site.module, experts.EXPERTS, held)
        self._let_go(site, experts.inward_name(site.module), "down_proj")
        return True

    def _attention(self, site: Site) -> bool:
        places = {role: place(self.chip, (role,), site.name) for role in (SCORES, CONTEXT)}
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
        self._change(site.module, attention.PRODUCTS, products)
        if site.kind == "written_attention":
            kind = caught_attention(type(site.module))
            self.changes.append(Change(site.module, "__class__", type(site.module), kind))
        return True

    def _program(self, site: Site, name: str, roles: tuple[str, ...], where: Place, weights: Sequence[Tensor]) -> Held:
        assert not isinstance(where.arithmetic, Floating)
        if isinstance(where.arithmetic, BlockFloating):
            raise ConfigError(
                f"{self.chip.name}: {name} is placed on engine {where.engine!r}, whose blocks share an exponent; that "
                f"is known for the scores and context of attention only. Leave out the engine's shared_exponent."
            )
        held = Held(weights, where.arithmetic, name=name, key=(self.seed, name), plan=self.plan, age=self.age)
        self.held[name] = held
        n, k = held.matrices[0].weight.shape
        choice = held.matrices[0].choice
        self.on_chip.append(
            OnChip(
                module=site.name,
                roles=roles,
                engine=where.engine,
                plan=choice.plan,
                why=choice.why,
                shape=(k, n),
                matrices=len(held.matrices),
            )
        )
        return held

    def _let_go(self, site: Site, *parameters: str) -> None:
        if self.keep_digital:
            return
        for held in (self.held.get(site.name + part) for part in ("", ".in", ".out")):
            if held is not None:
                held.let_go()
        for parameter in parameters:
            let_go(site.module, site.name, parameter)
        self.let_go.append(site.name)

    def _leave(self, site: Site, roles: tuple[str, ...], why: str) -> bool:
        self.digital.append(Digital(module=site.name, roles=roles, why=why))
        return False

    def _change(self, module: nn.Module, attribute: str, value: object) -> None:
        self.changes.append(Change(module, attribute, Absent, value))


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
    why = "both operands change with every token, and ranges follow each vector"
    return ("lossless" if isinstance(arithmetic, Integer) else "exact"), why
