"""One device's share of a step: of its requests, its experts, its matrices, and what it passes on to others."""

from bitline.mapping.devices.exchanged import values_of_each as values_of_each
from bitline.mapping.devices.exchanged import values_sent as values_sent
from bitline.mapping.devices.parted import of_one_device as of_one_device
from bitline.mapping.devices.parted import parts_of as parts_of
from bitline.mapping.devices.parts import Parts as Parts
