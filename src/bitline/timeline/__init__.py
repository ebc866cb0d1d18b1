"""A plan and prices make time: when each unit is busy, what is waited for, what is spent.

Not modelled: routing and contention inside an engine or a network, refresh and other stalls of memories, writing
weights while something else computes, and the host.
"""

from bitline.timeline.event import Event as Event
from bitline.timeline.joules import plan_ends_j as plan_ends_j
from bitline.timeline.joules import plan_j as plan_j
from bitline.timeline.joules import seat_j as seat_j
from bitline.timeline.prices import Price as Price
from bitline.timeline.prices import Prices as Prices
from bitline.timeline.prices import prices as prices
from bitline.timeline.step import Timing as Timing
from bitline.timeline.step import time_of as time_of
