"""What a call raises: the service refused, nobody answered, or something else than the service."""

from dataclasses import dataclass
from typing import Final

import httpx2

from app.kit.language import Language, Text

_REFUSED: Final = Text("{detail}{errors}", "{detail}{errors}")
_ERROR: Final = Text("；{pointer}：{detail}", "; {pointer}: {detail}")
_UNREACHABLE: Final = Text(
    "无法连接服务 {url}：{reason}", "The service at {url} cannot be reached: {reason}"
)
_NOT_THE_SERVICE: Final = Text(
    "{url} 的答复（{status}）不是本服务的格式，请检查服务地址。",
    "What answers at {url} ({status}) is not this service: check the address.",
)
_TOLD: Final = 3
"""Errors of a problem that its sentence names."""
_LONGEST_CODE: Final = 200


class ClientError(Exception):
    """Why a call did not do what it was asked for, as a sentence in both languages."""

    def __init__(self, text: Text) -> None:
        """Keep the sentence."""
        super().__init__(text.en)
        self.text = text

    def say(self, language: Language) -> str:
        """Return the sentence."""
        return self.text.say(language)


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing that is wrong with a request, and where."""

    pointer: str
    code: str
    detail: str


class ProblemError(ClientError):
    """The service refused a request, and said why: problem details of RFC 9457.

    `detail` and those of `errors` are in the language that the client asked for.
    """

    def __init__(  # noqa: PLR0913 - the members of a problem, each by its name
        self, *, status: int, code: str, detail: str, errors: tuple[FieldProblem, ...] = (),
        more_errors: int = 0, request_id: str | None = None, retry_after: float | None = None,
    ) -> None:  # fmt: skip
        """`retry_after` in seconds; `more_errors` were found beside `errors`."""
        super().__init__(_sentence(detail, errors))
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.more_errors = more_errors
        self.request_id = request_id
        self.retry_after = retry_after


class UnreachableError(ClientError):
    """Nobody answered at the address, or the answer broke off."""

    def __init__(self, url: str, error: httpx2.HTTPError) -> None:
        """`error` says what happened."""
        reason = str(error) or type(error).__name__
        super().__init__(_UNREACHABLE.filled(url=url, reason=reason))
        self.sent = not isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
        """Whether the request may have reached the service."""


class UnexpectedAnswerError(ClientError):
    """Something else than the service answered: a wrong address, or a proxy before it."""

    def __init__(self, url: str, status: int, retry_after: float | None = None) -> None:
        """`status` is that of the answer."""
        super().__init__(_NOT_THE_SERVICE.filled(url=url, status=status))
        self.status = status
        self.retry_after = retry_after


def read_problem(
    response: httpx2.Response, url: str, retry_after: float | None
) -> ProblemError | UnexpectedAnswerError:
    """Return what a refusal says; its body has been read."""
    try:
        found = response.json()
        errors = tuple(
            FieldProblem(str(e["pointer"]), str(e["code"]), str(e["detail"]))
            for e in found.get("errors", ())
        )
        return ProblemError(
            status=response.status_code,
            code=str(found["code"])[:_LONGEST_CODE],
            detail=str(found.get("detail") or found["title"]),
            errors=errors,
            more_errors=int(found.get("more_errors", 0)),
            request_id=found.get("request_id"),
            retry_after=retry_after,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return UnexpectedAnswerError(url, response.status_code, retry_after)


def _sentence(detail: str, errors: tuple[FieldProblem, ...]) -> Text:
    told = Text("", "")
    for each in errors[:_TOLD]:
        one = _ERROR.filled(pointer=each.pointer, detail=each.detail)
        told = Text(told.zh + one.zh, told.en + one.en)
    return _REFUSED.filled(detail=detail, errors=told)
