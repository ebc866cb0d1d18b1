"""One file per family of models. A new file here is found without being listed anywhere.

Each has `MODEL_TYPES`, the values of `model_type` it serves, and `design(config)`, which reads a configuration.
"""
