"""The chip's arithmetic on tensors: matrices and attention products as cells, pulses and converters see them."""

from bitline.numerics.calibration import Calibration as Calibration
from bitline.numerics.calibration import Fitted as Fitted
from bitline.numerics.devices import Age as Age
from bitline.numerics.matrix import Matrix as Matrix
from bitline.numerics.matrix import program as program
from bitline.numerics.plans.choice import PLANS as PLANS
from bitline.numerics.plans.choice import PlanName as PlanName
from bitline.numerics.plans.choice import is_random as is_random
from bitline.numerics.product import product as product
