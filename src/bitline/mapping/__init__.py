"""Operators find their engines, weights their units: who computes what, and where it stays."""

from bitline.mapping.holding import hold as hold
from bitline.mapping.place import place as place
from bitline.mapping.plan import Holding as Holding
from bitline.mapping.plan import Holdings as Holdings
from bitline.mapping.plan import Move as Move
from bitline.mapping.plan import PlacedBlock as PlacedBlock
from bitline.mapping.plan import Plan as Plan
from bitline.mapping.plan import Seat as Seat
