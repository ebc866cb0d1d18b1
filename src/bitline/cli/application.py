"""The program `bitline`: its commands, and how it ends when something is wrong.

Help has to appear at once, so nothing heavy is imported here or at the top of a command's file: each command imports
what it needs when it runs.
"""

from __future__ import annotations

import sys

import typer

from bitline.cli.check import check
from bitline.cli.compare import compare
from bitline.cli.estimate import estimate
from bitline.cli.layers import layers
from bitline.cli.reproduce import reproduce
from bitline.cli.run import run
from bitline.cli.sensitivity import sensitivity
from bitline.cli.serve import serve
from bitline.cli.show import show
from bitline.cli.sweep import sweep
from bitline.errors import BitlineError

WRONG_INPUT = 2
"""Exit code, as for a wrong option."""

app = typer.Typer(
    name="bitline",
    help="What a transformer does on compute-in-memory hardware: accuracy, time, energy and area from one description.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (run, estimate, compare, serve, layers, sweep, sensitivity, show, check, reproduce):
    app.command()(command)


def main() -> None:
    """Run the program; wrong input is one message on stderr and exit code 2."""
    try:
        app()
    except BitlineError as error:
        print(f"bitline: {error}", file=sys.stderr)
        sys.exit(WRONG_INPUT)
