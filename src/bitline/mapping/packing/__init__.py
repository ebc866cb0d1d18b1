"""Several matrices on one array: blocks of cells that share its columns, its regions of rows and its bias rows."""

from bitline.mapping.packing.block import Block as Block
from bitline.mapping.packing.block import Floor as Floor
from bitline.mapping.packing.in_order import in_order as in_order
from bitline.mapping.packing.pack import Packing as Packing
from bitline.mapping.packing.pack import pack as pack
from bitline.mapping.packing.spot import Spot as Spot
from bitline.mapping.packing.spot import cells_used as cells_used
from bitline.mapping.packing.spot import faults as faults
