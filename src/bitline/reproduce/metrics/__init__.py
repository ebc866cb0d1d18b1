"""What published figures measure, one small function each; a figure calls them by name.

Every public function of the modules here is a metric: its keyword arguments are the conditions a figure may
state, its result is in the SI unit that its name ends in. A new metric is a new function, or a new file.
"""
