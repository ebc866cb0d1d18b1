"""Operands of digital engines in few bits: rounded to nearest, by groups, with the smallest left out, or in fp8.

`rounding` makes whole numbers and scales of rows, with `pruning` and `minifloat`; `weights` and `operands` multiply
with them, as `whole_numbers` says.
"""
