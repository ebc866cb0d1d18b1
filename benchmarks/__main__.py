"""All benchmarks, one after another: `python benchmarks`."""

from __future__ import annotations

import runpy
from pathlib import Path

for path in sorted(Path(__file__).parent.glob("*.py")):
    if path.stem not in ("__main__", "ratio"):
        runpy.run_path(str(path), run_name="__main__")
