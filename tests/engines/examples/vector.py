"""Vector lanes that run products too."""

from bitline.engines.vector import VectorLanes

EXAMPLE = VectorLanes(lanes=64, clock_hz=1e9, memory="main", activations="buffer", products=True)
