"""Idempotency-Key: the first answer to a keyed POST, kept in the transaction of its work.

A key belongs to one principal on one route and path. What fails changes nothing and is not kept:
the same key then simply runs again. Answers are kept encrypted under the service's secret and
the key itself, so that a copy of the database gives none of them away.
"""

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from operator import itemgetter
from typing import Final

from fastapi import Request, Response
from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    bindparam,
    delete,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import is_postgresql
from app.db.conditions import one_of
from app.db.rows import AnySelect, plain_rows
from app.db.unit_of_work import UnitOfWork
from app.http.context import get_context
from app.kit import clock
from app.kit.encryption import decrypt, encrypt
from app.kit.language import Text
from app.kit.problems import Conflict, Invalid, Problem
from app.kit.validation import BAD_FORMAT
from app.models import IdempotentAnswer

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
KEPT: Final = timedelta(hours=24)
_KEY: Final = re.compile(r"[\x21-\x7e]{1,255}")
_FORM: Final = Text(
    "1 至 255 个不含空格的可见 ASCII 字符", "1 to 255 visible ASCII characters without spaces"
)
_SERVER_ERROR: Final = 500
_CHUNK: Final = 256 * 1024


class IdempotencyInProgress(Conflict):
    """Another request with this key is being carried out right now."""

    code = "idempotency_in_progress"
    title = Text("同一请求正在处理", "The same request is still running")
    detail = Text(
        "使用同一 Idempotency-Key 的请求正在处理，请稍后用同一键重试。",
        "A request with this Idempotency-Key is still running; retry shortly with the same key.",
    )

    def __init__(self) -> None:
        """Say when to try again, always."""
        super().__init__(headers={"Retry-After": "1"})


class IdempotencyKeyReused(Problem):
    """The key was used for another body before."""

    status = 422
    code = "idempotency_key_reused"
    title = Text("Idempotency-Key 已用于其他内容", "Idempotency-Key used for another body")
    detail = Text(
        "此 Idempotency-Key 在 24 小时内已用于内容不同的请求；新请求须用新键。",
        "This Idempotency-Key was used for another body within 24 hours; a new request needs a "
        "new key.",
    )


class IdempotentAnswerErased(Conflict):
    """The answer spoke of a person who has been erased since."""

    code = "idempotent_answer_erased"
    title = Text("首次答复已清除", "The first answer was erased")
    detail = Text(
        "该请求此前已执行，不会重复执行；其答复因清除个人信息而不再保留，请读取记录本身。",
        "The request was carried out and is not carried out again; its answer was erased with a "
        "person's data. Read the record itself.",
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """One key as it is looked for and kept: nothing in it is the caller's key itself."""

    principal: str
    route: str
    key_digest: str
    body_digest: str
    cipher_key: bytes

    @property
    def number(self) -> int:
        """Return what the key is locked by."""
        return int.from_bytes(bytes.fromhex(self.key_digest)[:8], signed=True)


async def answer_once(
    request: Request,
    session: AsyncSession,
    principal: str,
    act: Callable[[], Awaitable[Response]],
) -> Response:
    """Return the kept answer to a keyed request, else that of `act`, which is then kept.

    Raises `IdempotencyInProgress`, `IdempotencyKeyReused`, and `Invalid` for an unfit key.
    """
    claim = await read_claim(request, principal)
    await _lock(session, claim)
    kept = await _kept(session, claim)
    if kept is not None:
        return kept
    response = await act()
    if response.status_code < _SERVER_ERROR:
        keep(session, claim, response)
    return response


async def lock_free(session: AsyncSession, claims: Sequence[Claim]) -> set[str]:
    """Hold keys until the transaction ends: the digests of those that are free, and unanswered."""
    digests = {claim.key_digest for claim in claims}
    if not claims:
        return digests
    if is_postgresql(session):
        numbers = {claim.number: claim.key_digest for claim in claims}
        held = await plain_rows(session, _locking_all(), numbers=list(numbers))
        digests = {numbers[number] for number, is_held in held if is_held}
    named = {"principals": [claim.principal for claim in claims], "keys": list(digests)}
    kept = await plain_rows(session, _answered(), route=claims[0].route, **named)
    return digests - {key for (key,) in kept}


async def forget_expired(session: AsyncSession) -> None:
    """Periodic task: delete the answers that are no longer replayed."""
    await session.execute(
        delete(IdempotentAnswer).where(IdempotentAnswer.created_at < clock.now() - KEPT)
    )


async def read_claim(request: Request, principal: str) -> Claim:
    """Return how the key of a request is looked for and kept; raises `Invalid` for an unfit key."""
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        raise Invalid([BAD_FORMAT.at(f"{HEADER}:", expected=_FORM)])
    secret: bytes = request.app.state.settings.secret
    route = f"{request.method} {request.url.path}"
    message = json.dumps([principal, route, key]).encode()
    return Claim(
        principal=principal,
        route=route,
        key_digest=hmac.new(secret, b"idempotency key:" + message, sha256).hexdigest(),
        body_digest=await _content_digest(request),
        cipher_key=hmac.new(secret, b"idempotency body:" + message, sha256).digest(),
    )


async def _content_digest(request: Request) -> str:
    """Digest of what is asked: query, type and body; of a form that has flowed in, its parts."""
    digest = sha256(request.url.query.encode() + b"\x00")
    uploaded = get_context(request).uploaded
    if uploaded is None:
        digest.update(request.headers.get("content-type", "").encode() + b"\x00")
        digest.update(await request.body())
        return digest.hexdigest()
    for name, value in sorted(uploaded.multi_items(), key=itemgetter(0)):
        if isinstance(value, str):
            digest.update(json.dumps([name, value]).encode())
            continue
        digest.update(json.dumps([name, value.filename, value.size]).encode())
        while chunk := await value.read(_CHUNK):
            digest.update(chunk)
        await value.seek(0)
    return digest.hexdigest()


async def _lock(session: AsyncSession, claim: Claim) -> None:
    """Hold the key until the transaction ends; SQLite has one writer at a time anyway."""
    if not is_postgresql(session):
        return
    ((is_held,),) = await plain_rows(session, _locking(), number=claim.number)
    if not is_held:
        raise IdempotencyInProgress


async def _kept(session: AsyncSession, claim: Claim) -> Response | None:
    """Return the kept answer, by a statement of its own: it must see what the lock waited for."""
    named = {"principal": claim.principal, "route": claim.route, "key": claim.key_digest}
    rows = await plain_rows(session, _keeping(), **named)
    if not rows:
        return None
    body_digest, status, headers, body, created_at = rows[0]
    if created_at < clock.now() - KEPT:
        await session.execute(delete(IdempotentAnswer).where(*_of(claim)))
        return None
    if body_digest != claim.body_digest:
        raise IdempotencyKeyReused
    if not body:
        raise IdempotentAnswerErased
    content = decrypt(claim.cipher_key, body)
    return Response(content, status, {**headers, REPLAYED: "true"})


def keep(session: AsyncSession, claim: Claim, response: Response) -> None:
    """Keep the first answer to a key, to insert."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    content = encrypt(claim.cipher_key, bytes(response.body))
    row = {
        "principal": claim.principal,
        "route": claim.route,
        "key": claim.key_digest,
        "body_digest": claim.body_digest,
        "status": response.status_code,
        "headers": headers,
        "body": content,
        "created_at": clock.now(),
    }
    UnitOfWork.of(session).insert(IdempotentAnswer, [row])


def _of(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotentAnswer.principal == claim.principal,
        IdempotentAnswer.route == claim.route,
        IdempotentAnswer.key == claim.key_digest,
    )


@cache
def _locking() -> AnySelect:
    number: BindParameter[int] = bindparam("number", type_=BigInteger())
    return select(func.pg_try_advisory_xact_lock(number).label("held"))


@cache
def _locking_all() -> AnySelect:
    numbers = func.unnest(bindparam("numbers", type_=ARRAY(BigInteger()))).column_valued("number")
    return select(numbers, func.pg_try_advisory_xact_lock(numbers).label("held"))


@cache
def _answered() -> AnySelect:
    return select(IdempotentAnswer.key).where(
        one_of(IdempotentAnswer.principal, "principals"),
        IdempotentAnswer.route == bindparam("route"),
        one_of(IdempotentAnswer.key, "keys"),
    )


@cache
def _keeping() -> AnySelect:
    columns = (IdempotentAnswer.principal, IdempotentAnswer.route, IdempotentAnswer.key)
    return select(
        IdempotentAnswer.body_digest,
        IdempotentAnswer.status,
        IdempotentAnswer.headers,
        IdempotentAnswer.body,
        IdempotentAnswer.created_at,
    ).where(*(column == bindparam(column.key) for column in columns))
