"""Wires that are not ideal: what the resistance of lines, drivers and sense nodes makes of an array's conductances."""

from bitline.numerics.wires.cell_levels import array_wires as array_wires
from bitline.numerics.wires.cell_levels import effective_levels as effective_levels
from bitline.numerics.wires.coarse import coarse_conductance as coarse_conductance
from bitline.numerics.wires.column import column_product as column_product
from bitline.numerics.wires.curves import Curve as Curve
from bitline.numerics.wires.curves import hafnium_oxide as hafnium_oxide
from bitline.numerics.wires.curves import ohmic as ohmic
from bitline.numerics.wires.exact import effective_conductance as effective_conductance
from bitline.numerics.wires.interleaved import interleaved_conductance as interleaved_conductance
from bitline.numerics.wires.ladder import ladder_conductance as ladder_conductance
from bitline.numerics.wires.network import Wires as Wires
from bitline.numerics.wires.nonlinear import Settled as Settled
from bitline.numerics.wires.nonlinear import settle as settle
from bitline.numerics.wires.separate import separate_source_current as separate_source_current
