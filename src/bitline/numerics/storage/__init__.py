"""What storage does to numbers: block floating point, the order of key channels, flipped bits, copies of outliers."""

from bitline.numerics.storage.block_float import BlockFloat as BlockFloat
from bitline.numerics.storage.block_float import block_float as block_float
from bitline.numerics.storage.block_product import block_context as block_context
from bitline.numerics.storage.block_product import block_scores as block_scores
from bitline.numerics.storage.flips import flip_bits as flip_bits
from bitline.numerics.storage.outlier_code import protected_read as protected_read
from bitline.numerics.storage.stored import stored as stored
