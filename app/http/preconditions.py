"""ETags: every single resource has one, every change of one names the revision it read."""

import re
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response

from app.kit.language import Text
from app.kit.problems import Malformed, RevisionRequired, StaleRevision

_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAGS: Final = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")
_TAG_OF: Final = re.compile(r'"([^"]*)"')
# Proxies that compress an answer mark its tag: Apache, Jetty, nginx modules.
_COMPRESSED: Final = re.compile(r"(?:--|-|;)(?:gzip|br|zstd|deflate)$")


class MalformedEntityTag(Malformed):
    """`If-Match` or `If-None-Match` that is no entity tag: a number without its quotes, say."""

    code = "malformed_entity_tag"
    title = Text("ETag 格式有误", "Malformed entity tag")
    detail = Text(
        '{header} 应为读取记录时所得 ETag 的原样，连同双引号，例如 "3"；或为 *。',
        '{header} takes the ETag as it was answered, with its quotes, such as "3"; or *.',
    )


class Revised(Protocol):
    """Anything with a revision."""

    @property
    def revision(self) -> int:
        """Counts up with every change."""


R = TypeVar("R", bound=Revised)


def etag(revision: int) -> str:
    """Return the entity tag of a revision."""
    return f'"{revision}"'


def tagged(response: Response, record: R) -> R:
    """Return the record itself, its ETag set on the answer."""
    response.headers["ETag"] = etag(record.revision)
    return record


class Precondition:
    """The caller's `If-Match`."""

    def __init__(self, header: str | None) -> None:
        """`header` as given, or None; raises `MalformedEntityTag`."""
        self.header = header and header.strip()
        if self.header is not None and self.header != "*" and not _TAGS.fullmatch(self.header):
            raise MalformedEntityTag(header="If-Match")

    def require(self, revision: int) -> None:
        """Raise unless the caller read this very revision."""
        if self.header is None:
            raise RevisionRequired
        self.check(revision)

    def check(self, revision: int) -> None:
        """Raise if the caller says that it read another revision."""
        if self.header is None or self.header == "*":
            return
        if etag(revision) not in _entity_tags(self.header):
            raise StaleRevision(current=revision, headers={"ETag": etag(revision)})


async def precondition(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(
            max_length=1000,
            description="ETag of the revision that was read. 所读版本的 ETag。",
            # Told here and judged by `Precondition`: what is no tag is 400 and not 422.
            json_schema_extra={"pattern": rf"^(?:\*|{_TAGS.pattern})$"},
        ),
    ] = None,
) -> Precondition:
    """Return the `If-Match` header; several lines of it are one list (RFC 9110 5.3)."""
    return Precondition(if_match and ", ".join(request.headers.getlist("if-match")))


PreconditionDep = Annotated[Precondition, Depends(precondition)]


def not_modified(request: Request, response: Response) -> bool:
    """Return whether `If-None-Match` says that the caller has this answer already."""
    given = ",".join(request.headers.getlist("if-none-match"))
    current = response.headers.get("etag")
    if not given or current is None:
        return False
    return given.strip() == "*" or current.removeprefix("W/") in _entity_tags(given)


def _entity_tags(header: str) -> set[str]:
    """Return the tags of a list with their quotes, without what proxies add to them."""
    return {f'"{_COMPRESSED.sub("", tag)}"' for tag in _TAG_OF.findall(header)}
