"""The command line of a tool that draws pictures by name."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from drawings.style import Panels, draw


def draw_asked(drawings: Mapping[str, Callable[[Panels], None]], folder: Path, description: str | None) -> None:
    """Draw those asked for on the command line, or all, into the folder."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(drawings)}; all if none is given")
    parser.add_argument("--into", type=Path, default=folder)
    asked = parser.parse_args()
    unknown = [name for name in asked.names if name not in drawings]
    if unknown:
        parser.error(f"no picture is called {unknown[0]!r}. Allowed: {', '.join(drawings)}.")
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in asked.names or drawings:
        print(draw(drawings[name], asked.into / f"{name}.svg"), flush=True)
