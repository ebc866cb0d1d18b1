"""One file per family of models. A new file here is found without being listed anywhere.

Each has `MODEL_TYPES`, the values of `model_type` it serves, and `design(config)`, which reads a configuration.
Where the names of a transformers model's modules do not tell their roles, `MODULE_ROLES` does: pairs of patterns
(set apart by spaces, matched against the name with a dot before it) and roles.
"""
