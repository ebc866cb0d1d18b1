"""All benchmarks one after another, `python benchmarks`, or one: `python benchmarks layers --batches 1,128`."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

PARTS = ("__main__", "ratio", "peers")
"""Files that others use."""
paths = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.py")) if path.stem not in PARTS}
wanted = sys.argv[1:2] or list(paths)
if not set(wanted) <= set(paths):
    sys.exit(f"no benchmark {wanted[0]!r}. Allowed: {', '.join(paths)}.")
for name in wanted:
    sys.argv = [str(paths[name]), *sys.argv[2:]]
    runpy.run_path(sys.argv[0], run_name="__main__")
