"""Which problems and field errors the tests triggered: at the end of a whole run, all of them.

An event that no code list has a label for fails the test that records it.

Every process notes what it renders; the last one compares with the catalogue. A run of a part
says nothing, because nothing follows from it.
"""

from collections.abc import Callable
from typing import Any, Final

import pytest
from _pytest.config import Config

from app.events import Change
from app.kit.problems import FieldError, FieldErrorKind, Problem, catalogue
from app.models.vocabulary import Act, RecordType

_KEY: Final = "triggered"
_SEEN: Final[set[str]] = set()
_EVENTS: Final = frozenset(f"{record}.{act}" for record in RecordType for act in Act)


def watch() -> None:
    """Note every problem and field error that this process renders from now on."""
    Problem.rendered = _noting(Problem.rendered)  # type: ignore[method-assign]
    FieldError.rendered = _noting(FieldError.rendered)  # type: ignore[method-assign]
    Change.__init__ = _labelled(Change.__init__)  # type: ignore[method-assign]


def elsewhere(code: str) -> None:
    """Note a code that a server in a process of its own has answered with."""
    _SEEN.add(code)


def expected() -> set[str]:
    """Every code that there is."""
    import app.main  # noqa: F401, PLC0415 - declares them all

    return catalogue().keys() | FieldErrorKind.catalogue.keys()


def missing() -> list[str]:
    """The codes that nothing has triggered so far."""
    return sorted(expected() - _SEEN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what another process has seen."""
    _SEEN.update(getattr(node, "workeroutput", {}).get(_KEY, ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was seen, or judge it."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[_KEY] = sorted(_SEEN)
    elif _is_whole(session.config) and missing() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: Config) -> None:
    """Name what no test triggered."""
    if _is_whole(config) and missing():
        terminalreporter.section("problems that no test triggered", red=True)
        terminalreporter.line(", ".join(missing()))


def _is_whole(config: Config) -> bool:
    """Whether every test was run."""
    everywhere = config.args_source is Config.ArgsSource.TESTPATHS
    chosen = (config.option.keyword, config.option.markexpr, config.option.deselect)
    return everywhere and not any(chosen) and not config.option.collectonly


def _labelled(init: Callable[..., None]) -> Callable[..., None]:
    def judged(self: Any, kind: str, *args: Any, **kwargs: Any) -> None:
        assert kind in _EVENTS, f"{kind} has no label: see app/models/vocabulary/trail.py"
        init(self, kind, *args, **kwargs)

    return judged


def _noting(rendered: Callable[..., Any]) -> Callable[..., Any]:
    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        _SEEN.add(self.code)
        return rendered(self, *args, **kwargs)

    return noted
