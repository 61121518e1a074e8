"""The command line: the same verbs, from a shell."""

from retainkit.cli.entry import main

__all__ = ["main"]
