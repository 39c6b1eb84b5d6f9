"""The command line: `dajiatan`, also `python -m app.cli`."""

from app.cli.commands import app, main

__all__ = ["app", "main"]
