"""Wires that are not ideal: what the resistance of lines, drivers and sense nodes makes of an array's conductances."""

from bitline.numerics.wires.cell_levels import array_wires as array_wires
from bitline.numerics.wires.cell_levels import effective_levels as effective_levels
from bitline.numerics.wires.column import ColumnDrop as ColumnDrop
from bitline.numerics.wires.column import column_drop as column_drop
from bitline.numerics.wires.column import column_product as column_product
from bitline.numerics.wires.curves import Curve as Curve
from bitline.numerics.wires.curves import HyperbolicSine as HyperbolicSine
from bitline.numerics.wires.curves import InSeries as InSeries
from bitline.numerics.wires.curves import Polynomial as Polynomial
from bitline.numerics.wires.curves import hafnium_oxide as hafnium_oxide
from bitline.numerics.wires.curves import ohmic as ohmic
from bitline.numerics.wires.folding import effective_conductance as effective_conductance
from bitline.numerics.wires.folding import interleaved_conductance as interleaved_conductance
from bitline.numerics.wires.network import Wires as Wires
from bitline.numerics.wires.network import wires_of as wires_of
from bitline.numerics.wires.nonlinear import Settled as Settled
from bitline.numerics.wires.nonlinear import Until as Until
from bitline.numerics.wires.nonlinear import settle as settle
from bitline.numerics.wires.nonlinear import settle_gated as settle_gated
from bitline.numerics.wires.separate import separate_source_current as separate_source_current
from bitline.numerics.wires.settled_levels import settled_sums as settled_sums
