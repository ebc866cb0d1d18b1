"""Many requests that share a chip: who waits, what each pass of the server takes, when each token comes."""

from bitline.serving.arrivals import Arrivals as Arrivals
from bitline.serving.arrivals import Lengths as Lengths
from bitline.serving.arrivals import poisson as poisson
from bitline.serving.arrivals import resampled as resampled
from bitline.serving.channels import Channels as Channels
from bitline.serving.direct import Direct as Direct
from bitline.serving.direct import direct as direct
from bitline.serving.discipline import Discipline as Discipline
from bitline.serving.horizons import Horizons as Horizons
from bitline.serving.horizons import horizons as horizons
from bitline.serving.horizons import looked_back as looked_back
from bitline.serving.mixing import overlap as overlap
from bitline.serving.overlap import Overlap as Overlap
from bitline.serving.passes import Passes as Passes
from bitline.serving.room import Room as Room
from bitline.serving.room import room as room
from bitline.serving.samples import Extent as Extent
from bitline.serving.samples import Samples as Samples
from bitline.serving.samples import sample as sample
from bitline.serving.served import Served as Served
from bitline.serving.server import serve_all as serve_all
from bitline.serving.trace import read_trace as read_trace
