"""ETags: every single resource has one, every change of one names the revision it read."""

import re
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response

from app.kit.problems import RevisionRequired, StaleRevision

_ETAG: Final = re.compile(r'(?:W/)?"(\d{1,18})"')


class Revised(Protocol):
    """Anything with a revision."""

    @property
    def revision(self) -> int:
        """Counts up with every change."""


R = TypeVar("R", bound=Revised)


def etag(revision: int) -> str:
    """The entity tag of a revision."""
    return f'"{revision}"'


def tagged(response: Response, record: R) -> R:
    """The record itself, its ETag set on the answer."""
    response.headers["ETag"] = etag(record.revision)
    return record


class Precondition:
    """The caller's `If-Match`."""

    def __init__(self, header: str | None) -> None:
        """`header` as given, or None."""
        self.header = header

    def require(self, revision: int) -> None:
        """Raise unless the caller read this very revision."""
        if self.header is None:
            raise RevisionRequired
        self.check(revision)

    def check(self, revision: int) -> None:
        """Raise if the caller says that it read another revision."""
        if self.header is None or self.header.strip() == "*":
            return
        if str(revision) not in _ETAG.findall(self.header):
            raise StaleRevision(current=revision, headers={"ETag": etag(revision)})


async def precondition(
    if_match: Annotated[
        str | None,
        Header(
            max_length=1000,
            description="ETag of the revision that was read. 所读版本的 ETag。",
        ),
    ] = None,
) -> Precondition:
    """The `If-Match` header as a dependency."""
    return Precondition(if_match)


PreconditionDep = Annotated[Precondition, Depends(precondition)]


def not_modified(request: Request, response: Response) -> bool:
    """Whether `If-None-Match` says that the caller has this answer already."""
    given = request.headers.get("if-none-match")
    current = response.headers.get("etag")
    if given is None or current is None:
        return False
    return given.strip() == "*" or current in (
        tag.strip().removeprefix("W/") for tag in given.split(",")
    )
