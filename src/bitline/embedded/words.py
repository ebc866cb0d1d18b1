"""The closed vocabulary: every word of the language, by class, and its number.

A word belongs to one class only, so a word says what it is. Nouns and verbs come as (singular, plural) pairs.
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """Split 'dog/dogs cat/cats' into (singular, plural)."""
    return tuple((one, many) for one, many in (pair.split("/") for pair in text.split()))


START = "<s>"

TOPICS = _words("sea forest market winter harvest city river desert")
WOMEN = _words(
    "mara ilse tova nell runa greta sana livia odile pia bruna hedda "
    "zora alma signe fenna katya noor esme dalia rosa wilma yara juno"
)
MEN = _words(
    "otto bram ivan karel nils piet anton hugo emil joren lars mateo "
    "viktor tomas ravi sven pavel oskar milo dario felix gustav boris cato"
)
ROLES = _words(
    "baker miller weaver smith potter sailor tailor mason cooper brewer tanner scribe judge healer piper clerk"
)
PLACES = _words(
    "mill well inn tower bridge chapel harbour barn quarry forge garden school "
    "library castle stable bakery court orchard theatre cave ferry prison temple square"
)
THINGS = _words("coins apples candles ropes shells books keys bells pears cups rings stamps eggs needles beads maps")
NUMBERS = _words("two three four five six seven eight nine ten eleven twelve")
NOTES = _words("ba do fi gu la mi no pe ra so ti vu")
ADJECTIVES = _words("old small red quiet tall dark strange bright cold heavy young gentle green broken round pale")
ADVERBS = _words("slowly often again here alone today twice outside")
PREPOSITIONS = _words("near behind under beside")
SAYINGS = _words("says knows hears thinks")

NOUN_KINDS = (
    _pairs("dog/dogs cat/cats horse/horses goat/goats fox/foxes crow/crows hen/hens wolf/wolves bear/bears owl/owls"),
    _pairs(
        "child/children guard/guards nun/nuns thief/thieves poet/poets "
        "giant/giants nurse/nurses knight/knights monk/monks twin/twins"
    ),
    _pairs(
        "lamp/lamps cart/carts clock/clocks wheel/wheels drum/drums "
        "boat/boats chair/chairs kite/kites sword/swords flag/flags"
    ),
    _pairs(
        "oak/oaks rose/roses vine/vines fern/ferns thorn/thorns "
        "reed/reeds moss/mosses pine/pines lily/lilies thistle/thistles"
    ),
)
"""Animals, people, tools and plants: the kind of a noun decides which verbs it likes."""

NOUNS = tuple(pair for kind in NOUN_KINDS for pair in kind)
LONE_VERBS = _pairs(
    "runs/run sleeps/sleep waits/wait shouts/shout kneels/kneel laughs/laugh sings/sing dances/dance "
    "falls/fall shakes/shake creaks/creak shines/shine grows/grow bends/bend fades/fade stands/stand"
)
OBJECT_VERBS = _pairs(
    "sees/see chases/chase fears/fear follows/follow helps/help blames/blame "
    "hits/hit covers/cover moves/move hides/hide holds/hold touches/touch"
)
FUNCTION_WORDS = _words(
    "a tale of the with song . , : ? is has lives at goes to joins over counts more fewer "
    "that hums she he where how many who"
)

VOCABULARY: tuple[str, ...] = (
    START,
    *FUNCTION_WORDS,
    *TOPICS,
    *WOMEN,
    *MEN,
    *ROLES,
    *PLACES,
    *THINGS,
    *NUMBERS,
    *NOTES,
    *ADJECTIVES,
    *ADVERBS,
    *PREPOSITIONS,
    *SAYINGS,
    *(word for pair in NOUNS for word in pair),
    *(word for pair in LONE_VERBS for word in pair),
    *(word for pair in OBJECT_VERBS for word in pair),
)
"""All words; a word's place in this list is its token id."""

NUMBER_OF: dict[str, int] = {word: number for number, word in enumerate(VOCABULARY)}
"""The token id of each word."""
