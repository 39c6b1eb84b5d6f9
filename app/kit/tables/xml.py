"""XML of strangers, element by element: no declarations of types, no entities of their own."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from xml.parsers import expat

from app.kit.sandbox import RefusedError
from app.kit.tables import limits

Attributes = Mapping[str, str]
_PREFIX: Final = ":"
_LONGEST_TAG: Final = 1024 * 1024
"""Bytes of a tag or a comment: expat reads one that is not whole from its beginning each time."""


def local(name: str) -> str:
    """Return the name of an element or attribute without the prefix of its namespace."""
    return name.rpartition(_PREFIX)[2]


def parse(
    parts: Iterable[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    """Call what wants to know of each element; raises `RefusedError` for what is no such XML."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_types
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    fed = 0
    try:
        for part in parts:
            parser.Parse(part, False)  # noqa: FBT003 - it takes no names
            fed += len(part)
            limits.refuse(limits.BROKEN, of=fed - parser.CurrentByteIndex > _LONGEST_TAG)
        parser.Parse(b"", True)  # noqa: FBT003 - as above
    except expat.ExpatError as error:
        raise RefusedError(limits.BROKEN) from error


def _refuse_types(*_declared: object) -> None:
    raise RefusedError(limits.ENTITIES)
