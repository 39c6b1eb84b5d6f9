"""ETags: every single resource has one, every change of one names the revision it read."""

import re
from typing import Annotated, Final, Protocol, TypeVar

from fastapi import Depends, Header, Request, Response

from app.kit.language import Text
from app.kit.problems import Malformed, Problem, RevisionRequired, StaleRevision

_ONLY_ALL: Final = Text("写入时 If-None-Match 只能是 *", "If-None-Match of a write can only be *")
_TAG: Final = r'(?:W/)?"[\x21\x23-\x7e]*"'
_TAGS: Final = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")
_TAG_OF: Final = re.compile(r'"([^"]*)"')
SHOWN: Final = "~"
"""Before the part of a tag that tells what was shown beside the record."""
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


class AlreadyExists(Problem):
    """`If-None-Match: *` on something that is there."""

    status = 412
    code = "already_exists"
    title = Text("记录已存在", "Already there")
    detail = Text(
        "请求要求仅在记录不存在时创建，而该记录已存在。",
        "The request was to create it only if absent, and it is there.",
    )


class DoesNotExist(Problem):
    """`If-Match` on something that is not there."""

    status = 412
    code = "does_not_exist"
    title = Text("记录不存在", "Not there")
    detail = Text(
        "请求带有 If-Match，而该记录不存在。",
        "The request had If-Match, but there is no such record.",
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


def tag(response: Response, record: R) -> R:
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
        if etag(revision) not in map(_without_shown, _entity_tags(self.header)):
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


class PutCondition:
    """Whether a PUT may create, or may replace a revision that was read."""

    def __init__(self, precondition: Precondition, if_none_match: str | None) -> None:
        """Only `*` makes sense in `If-None-Match` of a PUT; raises `Malformed`."""
        if if_none_match is not None and if_none_match.strip() != "*":
            raise Malformed(reason=_ONLY_ALL)
        self.precondition = precondition
        self.create_only = if_none_match is not None

    def to_create(self) -> None:
        """Raise if the caller meant a record that is there."""
        if self.precondition.header is not None:
            raise DoesNotExist

    def to_replace(self, revision: int, *, same: bool) -> bool:
        """Return whether there is anything to replace: nothing where the content is the same.

        Raise if the caller meant to create, or read another revision. What is there as it is sent
        was sent before, whatever revision was read then (RFC 9110 13.1.1).
        """
        if self.create_only:
            raise AlreadyExists
        if not same:
            self.precondition.require(revision)
        return not same


async def put_condition(
    precondition: PreconditionDep,
    if_none_match: Annotated[
        str | None,
        Header(max_length=1000, description="`*`: create only. 仅在不存在时创建。"),
    ] = None,
) -> PutCondition:
    """Return what the headers of a PUT allow."""
    return PutCondition(precondition, if_none_match)


PutConditionDep = Annotated[PutCondition, Depends(put_condition)]


def not_modified(request: Request, response: Response) -> bool:
    """Return whether `If-None-Match` says that the caller has this answer already."""
    given = ",".join(request.headers.getlist("if-none-match"))
    current = response.headers.get("etag")
    if not given or current is None:
        return False
    return given.strip() == "*" or current.removeprefix("W/") in _entity_tags(given)


def _without_shown(tag: str) -> str:
    """Return the tag of the record alone, where more was shown with it."""
    revision, shown, _ = tag.partition(SHOWN)
    return f'{revision}"' if shown else tag


def _entity_tags(header: str) -> set[str]:
    """Return the tags of a list with their quotes, without what proxies add to them."""
    return {f'"{_COMPRESSED.sub("", tag)}"' for tag in _TAG_OF.findall(header)}
