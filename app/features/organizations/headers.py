"""What these routes read from headers and write into them."""

from collections.abc import Callable
from typing import Annotated, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Response, status

from app.features.organizations.errors import AlreadyExists, DoesNotExist
from app.http.dependencies import LanguageDep
from app.http.preconditions import Precondition, PreconditionDep, Revised, tagged
from app.kit.language import Language, Text
from app.kit.problems import Malformed

_ONLY_ALL: Final = Text("写入时 If-None-Match 只能是 *", "If-None-Match of a write can only be *")

Row = TypeVar("Row")
Out = TypeVar("Out", bound=Revised)


class Answer:
    """Makes the answer about one record: its ETag, its address, warnings in the caller's words."""

    def __init__(self, response: Response, language: Language) -> None:
        """`response` takes the headers."""
        self.response = response
        self.language = language

    def about(self, row: Row, shown: Callable[..., Out], **more: object) -> Out:
        """Return the record as `shown` in the caller's language, its ETag set."""
        return tagged(self.response, shown(row, self.language, **more))

    def created(self, path: str, identifier: UUID, *, new: bool = True) -> None:
        """Answer 201 with the address of a new record; 200 for one that was there, the same."""
        self.response.status_code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        if new:
            self.response.headers["Location"] = f"{path}/{identifier}"


async def answer(response: Response, language: LanguageDep) -> Answer:
    """Return the maker of this request's answer."""
    return Answer(response, language)


AnswerDep = Annotated[Answer, Depends(answer)]


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

    def to_replace(self, revision: int) -> None:
        """Raise if the caller meant to create, or read another revision."""
        if self.create_only:
            raise AlreadyExists
        self.precondition.require(revision)


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
