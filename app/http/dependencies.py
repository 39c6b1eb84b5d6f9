"""Dependencies that are read where the request is: what is synchronous FastAPI hands to a thread.

None of them waits for anything, and handing over costs more than all that they do.
"""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.http.context import get_context
from app.kit.language import Language, preferred
from app.settings import Settings


async def _session(request: Request) -> AsyncSession:
    return get_context(request).session


async def _caller(request: Request) -> Principal:
    return get_context(request).authenticated()


async def _reader(request: Request) -> Principal:
    return get_context(request).authenticated().as_reader()


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _language(request: Request) -> Language:
    return preferred(request.headers.get("accept-language"))


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer that is being made: its head, and the language of what it says in words."""

    response: Response
    language: Language


async def _reply(request: Request, response: Response) -> Reply:
    return Reply(response, await _language(request))


ReplyDep = Annotated[Reply, Depends(_reply)]

SessionDep = Annotated[AsyncSession, Depends(_session)]

CallerDep = Annotated[Principal, Depends(_caller)]

ReaderDep = Annotated[Principal, Depends(_reader)]
"""The caller of a route that also shows what is public to who sees no more."""

LanguageDep = Annotated[Language, Depends(_language)]
"""The caller's language, for warnings."""

SettingsDep = Annotated[Settings, Depends(_settings)]
