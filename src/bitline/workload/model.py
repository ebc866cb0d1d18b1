"""A model as a value: what it is made of, block by block, and how many parameters that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, final

from bitline.operators import Block
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.step import Step


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Parts that make one block, repeated as identical layers."""

    name: str
    parts: tuple[Part, ...]
    repeat: int = 1
    shared: bool = False
    """All repeats use one set of weights."""
    encoder: bool = False
    """Runs over the source of an encoder-decoder model."""

    def block(self, step: Step) -> Block:
        """Write the operators of a step."""
        page, _ = self._written(step)
        return Block(name=self.name, operators=page.operators, repeat=self.repeat, shared=self.shared)

    def parameters(self) -> int:
        """Count the parameters of all repeats, shared ones once."""
        page, _ = self._written(Step(batch=1, tokens=1, context=1, source=1))
        return page.parameters * (1 if self.shared else self.repeat)

    def _written(self, step: Step) -> tuple[Page, After]:
        page = Page(step)
        after: After = ()
        for part in self.parts:
            after = part.write(page, after)
        return page, after


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a family reads out of a configuration."""

    kind: Literal["decoder", "encoder", "encoder-decoder"]
    layers: int
    """Of an encoder-decoder model, both stacks together."""
    hidden: int
    vocabulary: int
    """0 for models of images."""
    context_limit: int | None
    """Tokens the model was made for; None where the configuration does not say."""
    sections: tuple[Section, ...]
    position_rows: int | None = None
    """Tokens the position table has rows for; None where positions are computed and can go on."""
    source_limit: int | None = None
    """Tokens an encoder-decoder model's encoder takes."""
    vision: Design | None = None
    """A tower that turns images into rows for this model; it runs apart from prefill and decode."""

    def parameters(self) -> int:
        """Count all parameters, tied ones once, the vision tower included."""
        own = sum(section.parameters() for section in self.sections)
        return own + (self.vision.parameters() if self.vision else 0)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model ready to be asked for the operators of a step."""

    name: str
    family: str
    """The `model_type` of its configuration."""
    parameters: int
    """Tied tensors count once; the vision tower is included."""
    design: Design

    @property
    def layers(self) -> int:
        """Layers, of both stacks if there are two."""
        return self.design.layers

    @property
    def hidden(self) -> int:
        """Values per row between layers."""
        return self.design.hidden

    @property
    def vocabulary(self) -> int:
        """Entries of the token table; 0 for models of images."""
        return self.design.vocabulary

    @property
    def context_limit(self) -> int | None:
        """Tokens the model was made for."""
        return self.design.context_limit

    @property
    def is_decoder(self) -> bool:
        """It makes tokens one at a time."""
        return self.design.kind != "encoder"

    @property
    def vision(self) -> Model | None:
        """The vision tower as a model of its own: an encoder that takes patches."""
        tower = self.design.vision
        if tower is None:
            return None
        return Model(name=f"{self.name}/vision", family=self.family, parameters=tower.parameters(), design=tower)
