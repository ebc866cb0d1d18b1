"""Energy, latency and area of each component family: pure functions of a description and a technology node."""
