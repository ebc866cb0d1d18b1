"""Numbers as a chip sends and stores them: `quantise` to integer codes, `slices` of weights, `pulses` of inputs.

`integer` multiplies and adds them without rounding, whatever the machine.
"""
