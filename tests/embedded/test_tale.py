"""Tales keep to their own facts: an independent reader with patterns and a notebook finds no contradiction."""

import re

import pytest

from bitline.embedded import generate
from bitline.embedded.words import LONE_VERBS, MEN, NOUNS, NUMBERS, OBJECT_VERBS, WOMEN

COUNT = {word: 2 + n for n, word in enumerate(NUMBERS)}
IS_PLURAL = {word: bool(n) for pair in (*NOUNS, *LONE_VERBS, *OBJECT_VERBS) for n, word in enumerate(pair)}
NOUN = "|".join(word for pair in NOUNS for word in pair)
VERB = "|".join(word for pair in (*LONE_VERBS, *OBJECT_VERBS) for word in pair)


@pytest.fixture(scope="module")
def tales():
    text = generate(256 * 150, 11)
    words = text.words.split(" ")
    return [" ".join(words[n : n + 256]) for n in range(0, len(words), 256)]


def sentences(tale):
    """Give the whole sentences; the last is cut off by the end of the tale."""
    return [sentence.strip() for sentence in tale.removeprefix("<s> ").split(" .")[:-1]]


class Notebook:
    """What a careful reader writes down; every check that is made is counted."""

    def __init__(self):
        self.place, self.role, self.thing, self.holding = {}, {}, {}, {}
        self.song, self.last, self.checks = "", "", 0

    def agree(self, said, noted):
        assert said == noted
        self.checks += 1

    def read(self, sentence):
        who = re.match(r"(she|he) ", sentence)
        if who:
            self.agree(who[1], "she" if self.last in WOMEN else "he")
            sentence = f"{self.last} {sentence[len(who[0]) :]}"
        self.last = sentence.split()[0]
        for pattern, note in self.NOTES:
            found = re.search(pattern, sentence)
            if found:
                note(self, *found.groups())
                return

    def hold(self, name, holding, thing):
        if name in self.holding:
            self.agree((COUNT[holding], thing), (self.holding[name], self.thing[name]))
        self.holding[name], self.thing[name] = COUNT[holding], thing

    def count(self, name, now, thing, by, direction):
        self.agree(thing, self.thing[name])
        self.agree(COUNT[now] - self.holding[name], COUNT[by] if direction == "more" else -COUNT[by])
        self.holding[name] = COUNT[now]

    def join(self, name, other, place):
        assert name != other
        self.agree(place, self.place[other])
        self.place[name] = place

    def begin(self, song):
        self.song = song

    def go(self, name, place):
        self.place[name] = place

    def at(self, name, place):
        self.agree(place, self.place[name])

    def many(self, thing, name, holding):
        self.agree((COUNT[holding], thing), (self.holding[name], self.thing[name]))

    def owner(self, thing, name):
        self.agree(thing, self.thing[name])

    def post(self, role, name):
        self.agree(role, self.role[name])

    def name(self, name, role):
        self.agree(role, self.role.setdefault(name, role))

    def hum(self, song):
        self.agree(song, self.song)

    NOTES = (
        (r"song : (.*)", begin),
        (r"(\w+) lives at the (\w+)", go),
        (r"where is (\w+) \? at the (\w+)", at),
        (r"how many (\w+) has (\w+) \? (\w+)", many),
        (r"who has the (\w+) \? (\w+)", owner),
        (r"who is the (\w+) \? (\w+)", post),
        (r"hums : (.*)", hum),
        (r"(\w+) goes to the (\w+)", go),
        (r"(\w+) joins (\w+) over at the (\w+)", join),
        (r"(\w+) counts (\w+) (\w+) , (\w+) (more|fewer)", count),
        (r"(\w+) is at the (\w+)", at),
        (r"(\w+) has (\w+) (\w+)", hold),
        (r"(\w+) is the (\w+)", name),
    )


def checks_of(tale):
    """Read a tale; return how many facts were checked."""
    notebook = Notebook()
    for sentence in sentences(tale):
        notebook.read(sentence)
    return notebook.checks


def test_facts_are_never_contradicted(tales):
    assert sum(checks_of(tale) for tale in tales) > 5 * len(tales)


def test_a_false_fact_would_be_found(tales):
    tale = re.sub(r"(where is \w+ \? at the) \w+", r"\1 nowhere", tales[0])
    with pytest.raises(AssertionError):
        checks_of(tale)


def test_people_are_three_and_differ(tales):
    for tale in tales:
        opening = sentences(tale)[1:10]
        names, roles, things = [], [], []
        for post, home, holding in (opening[n : n + 3] for n in (0, 3, 6)):
            assert post.split()[0] == home.split()[0] == holding.split()[0]
            names.append(post.split()[0])
            roles.append(post.split()[-1])
            things.append(holding.split()[-1])
        assert len(set(names)) == len(set(roles)) == len(set(things)) == 3
        assert set(names) <= {*WOMEN, *MEN}


def test_verbs_agree_across_a_clause(tales):
    pattern = rf"\. the (?:\w+ )?({NOUN}) that the (?:\w+ )?({NOUN}) ({VERB}) ({VERB})\b"
    found = re.findall(pattern, " . ".join(tales))
    assert len(found) > 50
    for outer, inner, inner_verb, outer_verb in found:
        assert IS_PLURAL[inner] == IS_PLURAL[inner_verb]
        assert IS_PLURAL[outer] == IS_PLURAL[outer_verb]
    assert any(IS_PLURAL[outer] != IS_PLURAL[inner] for outer, inner, _, _ in found)


def test_verbs_agree_with_the_noun_before_them(tales):
    found = re.findall(rf"\. the (?:\w+ )?({NOUN}) ({VERB})\b", " . ".join(tales))
    assert len(found) > 100
    assert all(IS_PLURAL[noun] == IS_PLURAL[verb] for noun, verb in found)
