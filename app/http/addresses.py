"""Which addresses there are: fixed ones go before patterns, and each knows its methods."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

_methods: Final[defaultdict[str, set[str]]] = defaultdict(set)


def know(path: str, methods: Iterable[str]) -> None:
    """Note one route."""
    _methods[path].update(methods)


def is_other_fixed(address: str, path: str) -> bool:
    """Whether an address that fits a pattern is another route's very own: `/units/batch`."""
    return address != path and address in _methods


def allowed(path: str) -> str:
    """The `Allow` header of an address; whatever answers GET answers HEAD."""
    methods = _methods[path]
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))
