"""The cookie in which a browser keeps its session."""

from typing import Final

from fastapi import Request, Response

from app.access import sessions
from app.access.credentials import Credential
from app.access.sessions import Session
from app.http.authenticator import authenticator_of
from app.kit.problems import Unauthenticated
from app.settings import Settings

_PLAIN: Final = "dajiatan_session"
_SECURE: Final = f"__Host-{_PLAIN}"
"""By its name a browser takes it over HTTPS only, of this very host."""


def find(request: Request) -> str | None:
    """Return the session that a browser keeps, as it is kept."""
    return request.cookies.get(_name(_settings(request)))


async def admit(request: Request) -> Credential:
    """Return the credential of the header, or of the session; raises `Unauthenticated`, 429."""
    authenticator = authenticator_of(request)
    kept = find(request)
    if "authorization" in request.headers or kept is None:
        return await authenticator.admit(request)
    settings = _settings(request)

    async def read(_: str | None) -> Credential:
        return sessions.read(kept, settings)

    return await authenticator.admit_shown(request, f"session {kept}", read)


def read(request: Request) -> Session | None:
    """Return the session of a request, None where there is none in force."""
    kept = find(request)
    try:
        return None if kept is None else sessions.read(kept, _settings(request))
    except Unauthenticated:
        return None


def keep(request: Request, response: Response, session: Session, seconds: int) -> None:
    """Have the browser keep a session for as long as it lasts."""
    settings = _settings(request)
    response.set_cookie(
        _name(settings),
        sessions.write(session, settings),
        max_age=seconds,
        path="/",
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def forget(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    settings = _settings(request)
    response.delete_cookie(
        _name(settings), path="/", secure=_is_secure(settings), httponly=True, samesite="lax"
    )


def _name(settings: Settings) -> str:
    return _SECURE if _is_secure(settings) else _PLAIN


def _is_secure(settings: Settings) -> bool:
    """Return whether the cookie is for HTTPS only: everywhere but on this machine itself."""
    return not (settings.base_url.startswith("http://") and settings.is_loopback)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
