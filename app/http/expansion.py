"""`expand=org,leader`: what an answer shows beside its ids, and the ETag of such an answer."""

import hashlib
from typing import Annotated, Any, Final, Protocol, TypeVar

from fastapi import Depends, Query, Response

from app.http.preconditions import SHOWN, Revised, tag
from app.kit.choices import choices
from app.kit.problems import Invalid
from app.kit.validation import NOT_ALLOWED_VALUE

PARAMETER: Final = "expand"
_DIGITS: Final = 16

Expand = frozenset[str]
"""What is asked for."""


class Shown(Revised, Protocol):
    """An answer with a revision."""

    def model_dump_json(self) -> str:
        """Return it as it is written."""


R = TypeVar("R", bound=Shown)


def expands(*known: str) -> Any:
    """Return a dependency: what of `known` the caller wants to see beside the ids."""

    async def read(
        expand: Annotated[
            str | None,
            Query(
                max_length=200,
                examples=[known[0]],
                description=f"What to show beside the ids, separated by commas: "
                f"{', '.join(known)}. 在编号之外一并列出，逗号分隔，可填上列各项。",
            ),
        ] = None,
    ) -> Expand:
        wanted = frozenset(filter(None, (expand or "").split(",")))
        if not wanted <= set(known):
            raise Invalid([NOT_ALLOWED_VALUE.at(f"?{PARAMETER}", expected=choices(known))])
        return wanted

    return Depends(read)


def tag_shown(response: Response, record: R, expand: Expand) -> R:
    """Return the record itself, its ETag set: with what else is shown, which has none of its own.

    The revision stays the first part of it, so that a change may name what was read so.
    """
    tag(response, record)
    if expand:
        more = hashlib.sha256(record.model_dump_json().encode()).hexdigest()[:_DIGITS]
        response.headers["ETag"] = f'{response.headers["ETag"][:-1]}{SHOWN}{more}"'
    return record
