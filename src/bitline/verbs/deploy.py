"""Put a model on a chip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from torch import nn

from bitline.errors import ConfigError, listed, not_one_of
from bitline.hardware import Chip
from bitline.numerics import PLANS, PlanName
from bitline.numerics.let_go import let_go
from bitline.numerics.modules import attention, experts
from bitline.numerics.modules.held import Held
from bitline.verbs.blueprint import Blueprint, holding, parameters_let_go
from bitline.verbs.configuration import configured
from bitline.verbs.deployment import DEPLOYED, Change, Deployment, find_deployment, switch
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

    What is refused is refused before anything is programmed, and the model stays as it was. Should programming end
    all the same once weights were let go (no memory left, an interrupt), the error carries a note that the model has
    to be loaded again.

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
    blueprint = Blueprint(chip, seed, plan, family_roles(model))
    sites = [*survey(model), *tables(model)]
    spared = [site.module for site in sites if only is not None and not only(site.name)]
    taken = [site for site in sites if (only is None or only(site.name)) and blueprint.take(site)]
    changes = configured(model, taken, spared)
    held, holdings, gone = _programmed(blueprint, keep_digital=keep_digital)
    deployment = Deployment(
        chip=chip, seed=seed, plan=plan, on_chip=tuple(blueprint.on_chip), digital=tuple(blueprint.digital),
        held=held, changes=(*holdings, *blueprint.changes, *changes), let_go=tuple(gone),
    )  # fmt: skip
    attention.register()
    experts.register()
    switch(deployment, on_chip=True)
    setattr(model, DEPLOYED, deployment)
    return model


def _programmed(blueprint: Blueprint, *, keep_digital: bool) -> tuple[dict[str, Held], list[Change], list[str]]:
    """Program one site after another: the matrices, the changes that put them in place, and what was let go."""
    held: dict[str, Held] = {}
    changes: list[Change] = []
    gone: list[str] = []
    try:
        for jobs in blueprint.jobs:
            site = jobs[0].site
            found = {job.name: blueprint.programmed(job) for job in jobs}
            held |= found
            changes.append(holding(site, list(found.values())))
            if not keep_digital and parameters_let_go(site):
                _let_go(site, found.values())
                gone.append(site.name)
    except BaseException as error:
        if gone:
            error.add_note(
                f"The model is not deployed, and incomplete: the digital weights of {listed(gone, 2)} were let go "
                f"before this (keep_digital = False). Load the model again."
            )
        raise
    return held, changes, gone


def _let_go(site: Site, programmed: Iterable[Held]) -> None:
    for one in programmed:
        one.let_go()
    for parameter in parameters_let_go(site):
        let_go(site.module, site.name, parameter)
