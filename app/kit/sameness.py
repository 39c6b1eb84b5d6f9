"""Whether what is sent is what is kept already: a request that is sent again changes nothing."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

_MADE_HERE: Final = "id"


def says_the_same(
    sent: BaseModel, kept: Mapping[str, Any], *, made_here: Collection[str] = ()
) -> bool:
    """Return whether a body has the content of a record, `kept` in the form in which it is sent.

    What the service fills in where it is not given differs from nothing: ids of parts, and the
    fields `made_here`.
    """
    given = sent.model_dump(exclude={n for n in made_here if getattr(sent, n) is None} | {"id"})
    return _covers(
        to_jsonable_python(given), to_jsonable_python({name: kept[name] for name in given})
    )


def _covers(sent: Any, kept: Any) -> bool:
    if isinstance(sent, dict) and isinstance(kept, dict):
        names = (sent.keys() | kept.keys()) - {_MADE_HERE}
        id_differs = sent.get(_MADE_HERE) not in {None, kept.get(_MADE_HERE)}
        return not id_differs and all(_covers(sent.get(n), kept.get(n)) for n in names)
    if isinstance(sent, list) and isinstance(kept, list):
        return len(sent) == len(kept) and _all_there(sent, list(kept))
    return bool(sent == kept)


def _all_there(sent: list[Any], kept: list[Any]) -> bool:
    """Return whether two lists have the same entries; objects, which have ids, in any order."""
    if not all(isinstance(each, dict) for each in sent):
        return all(map(_covers, sent, kept))
    for each in sent:
        found = next((n for n, other in enumerate(kept) if _covers(each, other)), None)
        if found is None:
            return False
        del kept[found]
    return True
