"""The command line: one file per command, no logic of its own."""

from bitline.cli.application import main as main
