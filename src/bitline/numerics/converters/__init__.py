"""Converters: the range their codes span, and how physical ones stray from equal steps."""

from bitline.numerics.converters.clipping import least_error as least_error
from bitline.numerics.converters.clipping import percentile as percentile
from bitline.numerics.converters.clipping import range_from as range_from
from bitline.numerics.converters.distortion import Distortion as Distortion
from bitline.numerics.converters.distortion import distortion as distortion
from bitline.numerics.converters.histogram import Histogram as Histogram
from bitline.numerics.converters.spread import converters_of as converters_of
from bitline.numerics.converters.uniform import Value as Value
from bitline.numerics.converters.uniform import code_limits as code_limits
from bitline.numerics.converters.uniform import is_symmetric as is_symmetric
from bitline.numerics.converters.uniform import step_and_zero as step_and_zero
