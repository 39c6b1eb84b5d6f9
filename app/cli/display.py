"""What a command shows while it works: a bar on a terminal, plain lines elsewhere; and tables."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli.speech import say
from app.kit.redaction import redact

LONG_SECONDS = 60.0
"""After which a step is told to be long."""
_WIDE: Final = 200
"""Columns where there is no terminal that says how many it has."""


def plain(text: str) -> str:
    """Return what others wrote without what a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


class Display:
    """Says what happens on standard error, and the result on standard output."""

    def __init__(self, *, quiet: bool) -> None:
        """`quiet`: nothing on standard output, where a document goes."""
        self._quiet = quiet
        self._beside = Console(stderr=True, highlight=False)
        self._result = Console(highlight=False)
        if not self._result.is_terminal:
            self._result = Console(highlight=False, width=_WIDE)

    def line(self, text: str) -> None:
        """Show one line of the result."""
        if not self._quiet:
            self._result.out(redact(plain(text)), highlight=False)

    @contextmanager
    def waiting(self, title: str) -> Iterator[Callable[[int, int], None] | None]:
        """Show work of the service as a step; when it takes long, what may be the matter."""
        said = say(
            "仍在等待。如长时间没有进展，请确认后台进程（dajiatan worker）正在运行。",
            "Still waiting. If nothing moves for long, make sure that dajiatan worker runs there.",
        )
        timer = threading.Timer(LONG_SECONDS, self._beside.out, [said], {"highlight": False})
        timer.daemon = True
        timer.start()
        try:
            with self.step(title) as moved:
                yield moved
        finally:
            timer.cancel()

    @contextmanager
    def step(self, title: str) -> Iterator[Callable[[int, int], None] | None]:
        """Show a step that takes long: a bar that is told how far it is, elsewhere its name."""
        if not self._beside.is_terminal:
            self._beside.out(title, highlight=False)
            yield None
            return
        columns = (
            TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(),
            TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=self._beside) as bars:
            task = bars.add_task(title, total=None)
            yield lambda done, total: bars.update(task, completed=done, total=total or None)

    def table(self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show a table: names on the left, figures on the right of their columns."""
        if self._quiet:
            return
        self.line(title)
        shown = Table(box=box.ROUNDED)
        for number, name in enumerate(head):
            shown.add_column(name, justify="right" if number else "left", overflow="fold")
        for name, *figures in rows:
            shown.add_row(plain(name), *figures)
        self._result.print(shown, markup=False)
