"""What the command line takes before it does anything, against a bare interpreter: `python benchmarks/startup.py`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent))
from ratio import ratios, seconds

COMMANDS = {
    "bitline --help": ["-m", "bitline", "--help"],
    "bitline estimate llama-2-7b --on h100-sxm": ["-m", "bitline", "estimate", "llama-2-7b", "--on", "h100-sxm"],
}


def call(arguments: list[str]) -> None:
    """Run the interpreter once."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print each command's time over that of `python -c pass`."""
    bare = ["-c", "pass"]
    found = ratios(lambda: call(bare), *(lambda a=a: call(a) for a in COMMANDS.values()), rounds=7)
    base = min(seconds(lambda: call(bare)) for _ in range(7))
    table = Table(title=f"Start-up; a bare interpreter takes {base * 1e3:.0f} ms here")
    for heading in ("command", "times bare", "about ms"):
        table.add_column(heading, justify="left" if heading == "command" else "right")
    for name, ratio in zip(COMMANDS, found, strict=True):
        table.add_row(name, f"{ratio:.1f}", f"{ratio * base * 1e3:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
