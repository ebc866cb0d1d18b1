"""How the tokens of a step move through the layers: one policy per file."""
