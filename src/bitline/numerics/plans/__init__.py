"""Ways to compute a matrix on its cells: what each keeps, and what it answers.

`choice` takes the cheapest that is sound. `lossless` is integer arithmetic, `fold` one matrix of effective weights
(`output_noise` adds what fresh reads do), `statistical` adds the converter's error by its `moments`, `exact` sums every
pulse on every slice of every block (`fused` and `triton_kernel` do the same, compiled), `replayed` draws whole stored
reads, `settled` solves the wires of cells that are not linear. Each is a kind of `sums`.
"""
