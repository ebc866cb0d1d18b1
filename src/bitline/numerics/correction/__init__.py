"""Digital correction behind the converters: affine fits, fixed-point scaling, accumulators of limited width."""

from bitline.numerics.correction.affine import fit_affine as fit_affine
from bitline.numerics.correction.fixed import accumulated as accumulated
from bitline.numerics.correction.fixed import saturate as saturate
from bitline.numerics.correction.fixed import to_fixed as to_fixed
from bitline.numerics.correction.fixed import wrap as wrap
from bitline.numerics.correction.near_memory import NearMemoryUnit as NearMemoryUnit
from bitline.numerics.correction.near_memory import near_memory as near_memory
