"""The authenticator of a process: counts who comes, reads what they show, keeps issuers' keys."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, TypeVar

import structlog
from fastapi import Request
from sqlalchemy import or_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.background import BackgroundTask

from app.access.authentication import Authenticated, authenticate, authenticate_all
from app.access.credentials import Credential, Reader, read_claimed
from app.access.limits import Limits, TooManyRequests
from app.access.principal import Principal
from app.db import Database
from app.http.context import get_context
from app.kit import clock
from app.kit.problems import Unauthenticated
from app.models import ApiKey
from app.settings import Settings

T = TypeVar("T")

_STATE: Final = "dajiatan_authenticator"

_log = structlog.get_logger(__name__)


class Authenticator:
    """One for each process."""

    def __init__(self, settings: Settings) -> None:
        """Nobody has come yet."""
        self._secret = settings.secret
        self.reader = Reader(settings)
        self.limits = Limits(settings)

    async def admit(self, request: Request) -> Credential:
        """Read what the caller shows, without a query; raises `Unauthenticated`, 429."""
        return await self.admit_shown(
            request, request.headers.get("authorization"), self.reader.read
        )

    async def admit_shown(
        self, request: Request, shown: str | None, read: Callable[[str | None], Awaitable[T]]
    ) -> T:
        """Read what is shown, in the header or otherwise; raises `Unauthenticated`, 429."""
        get_context(request).shown = shown
        if shown is not None:
            self.limits.refuse_repeated(shown)
        try:
            return await read(shown)
        except Unauthenticated:
            self.count_bad(request, shown, read_claimed(shown))
            raise

    async def identify(
        self, request: Request, session: AsyncSession, credential: Credential
    ) -> Principal:
        """Find out who it is, counted; raises `Unauthenticated`, 429."""
        try:
            found = await authenticate(session, credential, self._secret)
        except Unauthenticated:
            shown = get_context(request).shown
            self.count_bad(request, shown, read_claimed(shown))
            raise
        self._count(request, found)
        return found.principal

    async def identify_all(
        self, session: AsyncSession, requests: Sequence[Request]
    ) -> list[Principal | None]:
        """Find out who sends requests, counted; None for those that are to be refused."""
        shown = {get_context(request).credential for request in requests}
        found = await authenticate_all(session, shown, self._secret)
        callers: list[Principal | None] = []
        for request in requests:
            known = found.get(get_context(request).credential)
            with suppress(TooManyRequests):
                if known is not None:
                    self._count(request, known)
                    callers.append(known.principal)
                    continue
            callers.append(None)
        return callers

    def _count(self, request: Request, found: Authenticated) -> None:
        """Count a request once, however often it is tried; raises 429."""
        context = get_context(request)
        if not context.is_counted:
            context.quota = self.limits.of_caller(found.principal.name)
            context.is_counted = True
        context.key_use = key_use(request, found)

    def count_bad(self, request: Request, shown: str | None, whom: str) -> None:
        """Count a request that shows nobody known; raises 429 where there were too many.

        `shown` is the bad credential, if any, and `whom` it claims to be.
        """
        address = address_of(request)
        get_context(request).quota = self.limits.of_nobody(address)
        if shown is not None:
            self.limits.was_bad(address, shown, whom)


def authenticator_of(request: Request) -> Authenticator:
    """Return the authenticator of this process, made when the first request comes."""
    state = request.app.state
    if not hasattr(state, _STATE):
        setattr(state, _STATE, Authenticator(state.settings))
    authenticator: Authenticator = getattr(state, _STATE)
    return authenticator


def address_of(request: Request) -> str:
    """Where the request comes from; through a trusted proxy, what that says."""
    return request.client.host if request.client else ""


def key_use(request: Request, found: Authenticated) -> BackgroundTask | None:
    """Return what notes a key's first use of a day, once the answer is on its way."""
    if found.used_today:
        return None
    return BackgroundTask(_note_use, request.app.state.database, found.principal.key_id)


async def _note_use(database: Database, key_id: object) -> None:
    today = clock.today()
    unused = or_(ApiKey.last_used_on.is_(None), ApiKey.last_used_on != today)
    statement = (
        update(ApiKey)
        .where(ApiKey.id == key_id, unused)
        # Not a change of the key by anyone: its revision and time of change stay.
        .values(last_used_on=today, updated_at=ApiKey.updated_at)
    )
    try:
        async with database.writing() as session:
            await session.execute(statement)
    except (SQLAlchemyError, OSError, TimeoutError):
        _log.warning("key_use_not_noted", key_id=str(key_id))
