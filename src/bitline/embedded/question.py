"""Questions and their answers: recall by person, by thing and by role.

where is otto ? at the inn .
how many coins has mara ? five .
who has the coins ? mara .
who is the baker ? mara .
"""

from __future__ import annotations

from bitline.embedded.choice import among, spelled, sure
from bitline.embedded.scene import Scene, Telling, number_word, say
from bitline.embedded.words import NUMBER_OF

_WHO = spelled({"has": 0.5, "is": 0.5})


def where(scene: Scene) -> Telling:
    """Ask after 'where' for a person's place."""
    yield from say("is")
    places = {person.name: person.place for person in scene.people}
    name = yield among(places)
    yield from say("? at the")
    yield sure(places[name])
    yield from say(".")


def how_many(scene: Scene) -> Telling:
    """Ask after 'how' for a person's holding."""
    yield from say("many")
    owners = {person.thing: person for person in scene.people}
    owner = owners[(yield among(owners))]
    yield from say("has")
    yield sure(owner.name)
    yield from say("?")
    yield sure(number_word(owner.holding))
    yield from say(".")


def who(scene: Scene) -> Telling:
    """Ask after 'who' for the person with a thing or a role."""
    if (yield _WHO) == NUMBER_OF["has"]:
        names = {person.thing: person.name for person in scene.people}
    else:
        names = {person.role: person.name for person in scene.people}
    yield from say("the")
    asked = yield among(names)
    yield from say("?")
    yield sure(names[asked])
    yield from say(".")
