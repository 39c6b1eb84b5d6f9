"""Problem details (RFC 9457): errors are classes with a status and a stable code.

A feature declares its problems and field errors in its `errors.py`; raising one rolls the
transaction back and answers `application/problem+json`. Rendering is in `kit.rendering`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from app.kit.language import Language, Text

MAX_ERRORS: Final = 100
"""Errors that one answer lists; of the others it says how many there are."""
_LONGEST_PLACE: Final = 300
_MORE: Final = Text(
    "此处列出前 {shown} 处，另有 {more} 处未列出。",
    "The first {shown} are listed, {more} more are not.",
)


def shorten(place: str) -> str:
    """Return a place; one with a name that no record has ends where the name is long enough."""
    return place if len(place) <= _LONGEST_PLACE else f"{place[:_LONGEST_PLACE]}…"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with a request, and where.

    `pointer` is a JSON Pointer into the body (`/items/0/title`); for what is not in the body
    `?name` is a query parameter, `{name}` a part of the path, `Name:` a header.
    """

    pointer: str
    code: str
    text: Text
    parameters: Mapping[str, object] = field(default_factory=dict)

    def rendered(self, language: Language) -> dict[str, str]:
        """Return the JSON form `{pointer, code, detail}`."""
        return {
            "pointer": shorten(self.pointer),
            "code": self.code,
            "detail": self.text.say(language, **self.parameters),
        }

    def below(self, prefix: str) -> "FieldError":
        """Return the same error inside a larger body, e.g. one item of a batch."""
        return FieldError(prefix + self.pointer, self.code, self.text, self.parameters)


class FieldErrorKind:
    """A declared kind of field error: a stable code with its sentence in both languages."""

    catalogue: ClassVar[dict[str, "FieldErrorKind"]] = {}

    def __init__(self, code: str, zh: str, en: str, *, relative: bool = False) -> None:
        """Declare the kind, once; `relative`: whether it is one depends on another field, too."""
        if code in self.catalogue:
            message = f"field error {code!r} is declared twice"
            raise ValueError(message)
        self.code = code
        self.text = Text(zh, en)
        self.relative = relative
        self.catalogue[code] = self

    def at(self, pointer: str, **parameters: object) -> FieldError:
        """Return this error at a place in the request."""
        return FieldError(pointer, self.code, self.text, parameters)


class Problem(Exception):  # noqa: N818 - RFC 9457's own word for it
    """Base of everything that is answered as problem+json."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = ""
    title: ClassVar[Text]
    detail: ClassVar[Text]

    def __init__(
        self,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        *,
        more: int = 0,
        **parameters: object,
    ) -> None:
        """`parameters` fill the sentence of `detail`; `errors` say where in the request.

        `more` is the number of errors that were found beside them.
        """
        super().__init__(self.code)
        self.errors = list(errors)
        self.more = more
        self.headers = dict(headers or {})
        self.parameters = parameters

    def rendered(
        self, language: Language, *, base_url: str, request_id: str, most: int = MAX_ERRORS
    ) -> dict[str, object]:
        """Return the JSON form of the problem, with `most` errors at most."""
        document: dict[str, object] = {
            "type": f"{base_url}/problems/{self.code}",
            "title": self.title.say(language),
            "status": self.status,
            "detail": self.detail.say(language, **self.parameters),
            "code": self.code,
            "request_id": request_id,
        }
        shown = self.errors[:most]
        if shown:
            document["errors"] = [error.rendered(language) for error in shown]
        if more := len(self.errors) - len(shown) + self.more:
            document["more_errors"] = more
            space = " " if language == "en" else ""
            said = _MORE.say(language, shown=len(shown), more=more)
            document["detail"] = f"{document['detail']}{space}{said}"
        return document


def catalogue() -> dict[str, type[Problem]]:
    """Every declared problem by its code, in the order of status and code."""
    found = {kind.code: kind for kind in _subclasses(Problem) if kind.code}
    return dict(sorted(found.items(), key=lambda item: (item[1].status, item[0])))


def _subclasses(kind: type[Problem]) -> Iterator[type[Problem]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


class Malformed(Problem):
    """The request cannot be read at all."""

    status = 400
    code = "malformed"
    title = Text("请求格式有误", "Malformed request")
    detail = Text("请求无法读取：{reason}。", "The request cannot be read: {reason}.")


class InvalidCursor(Problem):
    """A cursor that was not made for this list."""

    status = 400
    code = "invalid_cursor"
    title = Text("游标无效", "Invalid cursor")
    detail = Text(
        "游标不是本服务为此列表和筛选条件签发的，请从第一页重新读取。",
        "This cursor was not issued for this list and filter; start over from the first page.",
    )


class Unauthenticated(Problem):
    """No valid credential."""

    status = 401
    code = "unauthenticated"
    title = Text("未认证", "Not authenticated")
    detail = Text(
        "请在 Authorization 头中提供有效的 Bearer 凭证。",
        "Give a valid Bearer credential in the Authorization header.",
    )

    def __init__(self) -> None:
        """Send the challenge that RFC 6750 asks for, always."""
        super().__init__(headers={"WWW-Authenticate": 'Bearer realm="dajiatan"'})


class Forbidden(Problem):
    """The caller may see the thing but not do this to it."""

    status = 403
    code = "forbidden"
    title = Text("无权操作", "Not allowed")
    detail = Text("当前凭证没有执行此操作的授权。", "This credential has no grant for this action.")


class NotFound(Problem):
    """Absent, or outside the caller's scope: the two are the same to the byte."""

    status = 404
    code = "not_found"
    title = Text("未找到", "Not found")
    detail = Text(
        "资源不存在，或不在当前凭证的范围内。",
        "There is no such resource within the scope of this credential.",
    )


class MethodNotAllowed(Problem):
    """The path exists but not with this method."""

    status = 405
    code = "method_not_allowed"
    title = Text("方法不支持", "Method not allowed")
    detail = Text("此路径不支持该方法。", "This path does not support that method.")


class Conflict(Problem):
    """The state of things, or a uniqueness rule, does not allow it."""

    status = 409
    code = "conflict"
    title = Text("冲突", "Conflict")
    detail = Text("请求与现有数据冲突。", "The request conflicts with what is already there.")


class StaleRevision(Problem):
    """`If-Match` names a revision that is no longer current."""

    status = 412
    code = "stale_revision"
    title = Text("版本已过期", "Stale revision")
    detail = Text(
        "记录已被修改，当前版本为 {current}；请重新读取后再提交。",
        "The record has changed, its revision is now {current}; read it again first.",
    )


class TooLarge(Problem):
    """The body is larger than the service takes."""

    status = 413
    code = "too_large"
    title = Text("请求体过大", "Body too large")
    detail = Text("请求体超过 {limit} 字节。", "The body is larger than {limit} bytes.")


class UnsupportedMediaType(Problem):
    """The body is not of a type that this route takes."""

    status = 415
    code = "unsupported_media_type"
    title = Text("不支持的内容类型", "Unsupported media type")
    detail = Text(
        "此接口只接受未压缩的 UTF-8 {expected}，收到的是 {found}。",
        "This route takes {expected} in UTF-8, not packed; it got {found}.",
    )


class Invalid(Problem):
    """Values are wrong: all of them are listed."""

    status = 422
    code = "invalid"
    title = Text("内容有误", "Invalid content")
    detail = Text(
        "请求中有 {count} 处错误，未作任何改动。",
        "{count} value(s) are wrong; nothing was changed.",
    )

    def __init__(
        self, errors: Sequence[FieldError], *, more: int = 0, unread: bool = False
    ) -> None:
        """`more` were found beside them; `unread`: nothing but the form was looked at so far."""
        super().__init__(errors=errors, more=more, count=len(errors) + more)
        self.unread = unread


class RevisionRequired(Problem):
    """A change of one record without saying which revision it read."""

    status = 428
    code = "revision_required"
    title = Text("缺少 If-Match", "If-Match required")
    detail = Text(
        "修改已有记录时须用 If-Match 给出所读版本的 ETag。",
        "Changing a record needs If-Match with the ETag of the revision that was read.",
    )


class InternalError(Problem):
    """A fault of the service itself."""

    status = 500
    code = "internal"
    title = Text("服务内部错误", "Internal error")
    detail = Text(
        "服务发生错误，未作任何改动；请凭 request_id 联系管理员。",
        "The service failed and changed nothing; give the request_id to its operator.",
    )


class Unavailable(Problem):
    """The database cannot be reached or is too busy for now."""

    status = 503
    code = "unavailable"
    title = Text("暂时不可用", "Temporarily unavailable")
    detail = Text(
        "服务暂时不可用，未作任何改动，请稍后重试。",
        "The service is unavailable for now and changed nothing; try again shortly.",
    )

    def __init__(self, retry_after: int = 1) -> None:
        """`retry_after` in seconds."""
        super().__init__(headers={"Retry-After": str(retry_after)})
