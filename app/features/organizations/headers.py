"""What these routes read from headers and write into them."""

from collections.abc import Callable
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Response, status

from app.http.dependencies import LanguageDep
from app.http.preconditions import Revised, tag
from app.kit.language import Language

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
        return tag(self.response, shown(row, self.language, **more))

    def created(self, path: str, identifier: UUID, *, new: bool = True) -> None:
        """Answer 201 with the address of a new record; 200 for one that was there, the same."""
        self.response.status_code = status.HTTP_201_CREATED if new else status.HTTP_200_OK
        if new:
            self.response.headers["Location"] = f"{path}/{identifier}"


async def answer(response: Response, language: LanguageDep) -> Answer:
    """Return the maker of this request's answer."""
    return Answer(response, language)


AnswerDep = Annotated[Answer, Depends(answer)]
