"""Where the model that ships with the package lies."""

from __future__ import annotations

from pathlib import Path


def model_path() -> Path:
    """Give the folder with its config.json, model.safetensors, tokenizer.json, log and README."""
    return Path(__file__).parent / "model"
