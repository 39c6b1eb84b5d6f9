"""Bodies of requests: read and checked before a connection is taken for them.

What is wrong with a body is told only where FastAPI would read it, which is after the caller's
power was checked. A large one is not even received from who may not send it, and is read in a
thread, one after the other, so that others are answered meanwhile (decision 0064).
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException

from app.http import strict_json
from app.http.asgi import LITTLE_BYTES, brings_little
from app.http.forms import FormParser
from app.http.media_types import JSON, find_unfit
from app.http.rendering import convert_validation
from app.kit.language import Text
from app.kit.problems import FieldErrorKind, Invalid, Malformed, Problem, UnsupportedMediaType
from app.kit.reading import read
from app.kit.tracebacks import forget_origin

_SMALL: Final = LITTLE_BYTES
"""Bytes that are read in far less time than handing them to a thread is worth avoiding."""
_NOTHING: Final = (b"", b"{}", b"null")
_REFUSED: Final = False
"""Instead of a body that is wrong: no body is a truth value, so FastAPI never goes on with it."""
_NO_FORM: Final = Text("表单不完整或格式不对", "the form is incomplete or of another form")
UNEXPECTED_BODY = FieldErrorKind(
    "unexpected_body", "此操作不接受请求体", "is not expected: this operation takes no body"
)


class SeenError(Exception):
    """Nothing was wrong with what was only looked at, and nothing of it may stay."""


Handler = Callable[[Request], Awaitable[Response]]
_reader: Final = ThreadPoolExecutor(1, "bodies")


def is_large(request: Request) -> bool:
    """Return whether a body is said to be large, or it is not said how large it is."""
    return not brings_little(dict(request.scope["headers"]))


async def refuse_body(request: Request) -> None:
    """Raise `Invalid` if there is a body that says anything, where none is taken."""
    if (await request.body()).strip() not in _NOTHING:
        raise Invalid([UNEXPECTED_BODY.at("")])


class StrictRequest(Request):
    """A request whose JSON is read strictly, by the model of its route."""

    _read: Any = None

    only_looked_at = False
    """Whether nothing is to be done: what is wrong with a part of the body is looked for."""

    async def parsed(self) -> Any:
        """Return the JSON of a small body anew; raises `Malformed` where there is none."""
        body = await self.body()
        if self._read is None or not body or len(body) > _SMALL:
            raise Malformed(reason="")
        return strict_json.parse(body)

    def look_at(self, part: Any) -> None:
        """Let `json` be a part of the body, of which nothing is done."""
        self._read, self.only_looked_at = part, True

    @property
    def model(self) -> Any:
        """Return the body as the model of its route, or what is wrong with it."""
        return self._read

    async def read(self, validate: Callable[[Any], Any]) -> None:
        """Take in the body and read it; `json` then tells what has become of it."""
        body = await self.body()
        self._read = find_unfit(self.headers, *JSON) if body else None
        if self._read is not None:
            return
        if len(body) <= _SMALL:
            self._read = _read(body, validate)
        else:
            loop = asyncio.get_running_loop()
            self._read = await loop.run_in_executor(_reader, _read, body, validate)

    def refuse_unfit(self, *accepted: str) -> None:
        """Raise `UnsupportedMediaType` unless the body is of an accepted type."""
        if (problem := find_unfit(self.headers, *accepted)) is not None:
            raise problem

    async def _get_form(
        self,
        *,
        max_files: float = 1000,
        max_fields: float = 1000,
        max_part_size: int = 1024 * 1024,
    ) -> FormData:
        """Read a form with files by the parser that knows how systems write their names."""
        given = self.headers.get("content-type", "").lower()
        if self._form is None and given.startswith("multipart/"):
            parser = FormParser(
                self.headers, self.stream(), max_files=max_files, max_fields=max_fields,
                max_part_size=max_part_size,
            )  # fmt: skip
            try:
                self._form = await parser.parse()
            except MultiPartException as error:
                raise Malformed(reason=_NO_FORM) from error
        return await super()._get_form(
            max_files=max_files, max_fields=max_fields, max_part_size=max_part_size
        )

    async def json(self) -> Any:
        """Return the body as its model, which FastAPI takes as it is; raises what is wrong."""
        if isinstance(self._read, Malformed | UnsupportedMediaType):
            raise self._read
        return _REFUSED if isinstance(self._read, Invalid) else self._read

    def problem_of(self, error: RequestValidationError) -> Problem:
        """FastAPI's complaint as a problem, with what is wrong with the body in its place."""
        if isinstance(self._read, UnsupportedMediaType):
            return self._read
        found = convert_validation(error)
        if not isinstance(self._read, Invalid) or not isinstance(found, Invalid):
            return found
        elsewhere = [each for each in found.errors if each.pointer[:1] not in {"", "/"}]
        return Invalid([*elsewhere, *self._read.errors], more=self._read.more, unread=True)


def explain(handler: Handler) -> Handler:
    """FastAPI's handler, what it complains about turned into a problem."""

    async def handle(request: Request) -> Response:
        try:
            response = await handler(request)
        except RequestValidationError as error:
            if not isinstance(request, StrictRequest):
                raise
            raise request.problem_of(error) from error
        if isinstance(request, StrictRequest) and request.only_looked_at:
            raise SeenError
        return response

    return handle


def _read(body: bytes, validate: Callable[[Any], Any]) -> Any:
    """Return the value, or the problem to be raised when it is asked for."""
    try:
        return read(validate, strict_json.parse(body))
    except (Malformed, Invalid) as problem:
        # It is kept, and would keep the value that was read, which is many times the body.
        return forget_origin(problem)
