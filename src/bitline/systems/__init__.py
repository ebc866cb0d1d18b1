"""Chips that were published, one folder of data each, and the loading of any chip by name or path."""

from bitline.systems.choosing import chosen as chosen
from bitline.systems.load import chip_names as chip_names
from bitline.systems.load import is_chip_name as is_chip_name
from bitline.systems.load import load_chip as load_chip
from bitline.systems.load import system_names as system_names
from bitline.systems.published import Published as Published
from bitline.systems.published import load_published as load_published
