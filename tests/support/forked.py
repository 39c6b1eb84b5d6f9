"""Processes that start in milliseconds: forked from one that has imported everything."""

from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from typing import Final

_IMPORTED: Final = [
    "app.cli.demonstration",
    "app.cli.founding",
    "app.cli.running",
    "app.cli.schema",
    "app.cli.verification",
    "app.main",
    "tests.support.hook_process",
    "tests.support.processes",
    "tests.support.worker_process",
]


def context() -> ForkServerContext:
    """Where `Process` comes from: the same for all, because a test process has one such server."""
    found = get_context("forkserver")
    found.set_forkserver_preload(_IMPORTED)
    return found
