"""Modules of a model on a chip: what takes the place of their products, and how it finds them.

`roles` says which module plays which role; `linear`, `convolution`, `embedding` and `experts` find the matrices;
`held` and `interception` put programmed ones in their place; `attention` does the same for products of activations,
`key_order` and `key_rows` for the order in which keys are stored; `straight_through` lets gradients pass.
"""
