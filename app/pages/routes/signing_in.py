"""HTTP of signing in and out, and of the style of the pages."""

import time
from ipaddress import ip_address
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import RedirectResponse

from app import events
from app.access import sessions
from app.access.authentication import authenticate
from app.access.sessions import Session
from app.access.tokens import AccessToken
from app.features.accounts import queries as accounts
from app.features.accounts.routes.oauth_client import FORM, read_form
from app.features.accounts.service import tokens
from app.features.accounts.service.tokens import OAuthError
from app.http.authenticator import address_of, authenticator_of
from app.http.calls import call_of
from app.http.dependencies import SessionDep, SettingsDep
from app.kit.language import Text
from app.kit.problems import Forbidden, Malformed, Unauthenticated
from app.pages import cookies
from app.pages.rendering import STYLE, View, ViewDep
from app.pages.routing import SIGN_IN, OpenPageRoute, SigningInRoute
from app.settings import Settings

router = APIRouter(route_class=OpenPageRoute)
_once = APIRouter(route_class=SigningInRoute)

_HOME: Final = "/pages"
_LONGEST: Final = 2000
_BODY: Final[dict[str, Any]] = {"requestBody": {"content": {FORM: {"schema": {"type": "object"}}}}}
_NO_FORM: Final = Text("表单不完整或格式不对", "the form is incomplete or of another form")
_NextQuery = Annotated[str | None, Query(max_length=_LONGEST)]


@router.get("/pages/style.css")
async def style(v: Annotated[str | None, Query(max_length=64)] = None) -> Response:
    """Return the style of the pages; `v` changes with it."""
    age = 31_536_000 if v else 300
    headers = {"Cache-Control": f"public, max-age={age}"}
    return Response(STYLE, media_type="text/css", headers=headers)


@router.get(SIGN_IN)
async def show_form(
    view: ViewDep,
    next: _NextQuery = None,  # noqa: A002 - as the address names it
    *,
    ended: bool = False,
) -> Response:
    """Show where one signs in; `ended`: because the session has ended."""
    return _form(view, next, ended=ended)


@router.post(SIGN_IN, openapi_extra=_BODY)
async def sign_in(
    request: Request, view: ViewDep, session: SessionDep, settings: SettingsDep
) -> Response:
    """Begin a session with the key, or the token, that is shown."""
    _refuse_foreign(request, settings)
    form = await _read(request)
    shown = f"Bearer {form.get('credential', '').strip()}"
    authenticator = authenticator_of(request)
    try:
        credential = await authenticator.admit_shown(request, shown, authenticator.reader.read)
        caller = await authenticator.identify(request, session, credential)
        begun = sessions.begin(credential, caller, settings)
    except Unauthenticated:
        return _form(view, form.get("next"), status=401, is_wrong=True)
    except Forbidden:
        return _form(view, form.get("next"), status=403, sees_nothing=True)
    return _enter(request, begun, form.get("next"))


@_once.get(f"{SIGN_IN}/once")
async def sign_in_once(
    request: Request,
    token: Annotated[str, Query(max_length=_LONGEST)],
    session: SessionDep,
    settings: SettingsDep,
) -> Response:
    """Begin a session by a link that works once, on the machine of the service itself."""
    if not (settings.is_loopback and _is_here(request)):
        raise Unauthenticated

    async def read(text: str | None) -> AccessToken:
        return sessions.read_once(text or "", settings)

    shown = await authenticator_of(request).admit_shown(request, token, read)
    found = await authenticate(session, shown, settings.secret)
    if not await accounts.revoke_token(session, shown.jti, shown.expires_at):
        raise Unauthenticated
    return _enter(request, sessions.begin_with_key(found.principal, settings), None)


@router.post("/pages/sign-out", openapi_extra=_BODY)
async def sign_out(
    request: Request, view: ViewDep, session: SessionDep, settings: SettingsDep
) -> Response:
    """End the session, wherever else its cookie may be kept."""
    _refuse_foreign(request, settings)
    kept = cookies.read(request)
    if isinstance(kept, AccessToken):
        await _take_back(request, session, settings, kept)
    response = RedirectResponse(view.link(SIGN_IN), status_code=303)
    cookies.forget(request, response)
    return response


router.routes.extend(_once.routes)


async def _take_back(
    request: Request, session: AsyncSession, settings: Settings, kept: AccessToken
) -> None:
    """Take the token of a session back, where it is still in force."""
    try:
        found = await authenticate(session, kept, settings.secret)
    except Unauthenticated:
        return
    events.set_call(session, call_of(request, found.principal))
    await tokens.revoke(session, found.principal, kept)


async def _read(request: Request) -> dict[str, str]:
    try:
        return await read_form(request)
    except OAuthError:
        raise Malformed(reason=_NO_FORM) from None


def _refuse_foreign(request: Request, settings: Settings) -> None:
    """Raise `Forbidden` where another website has sent the form."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin", "null")
    known = {"null", settings.base_url.rstrip("/")}
    if origin not in known if site is None else site not in {"same-origin", "none"}:
        raise Forbidden


def _is_here(request: Request) -> bool:
    """Return whether a request comes from this machine, and through no proxy."""
    forwarded = {"forwarded", "x-forwarded-for"} & set(request.headers.keys())
    try:
        return not forwarded and ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def _form(view: View, next_: str | None, *, status: int = 200, **told: bool) -> Response:
    values = {"ended": False, "is_wrong": False, "sees_nothing": False, **told}
    where = next_ if _is_page(next_) else None
    headers = {"Cache-Control": "no-store"}
    return view.answer("sign_in.html", {**values, "next": where}, status=status, headers=headers)


def _enter(request: Request, session: Session, next_: str | None) -> Response:
    """Lead on to a page, signed in."""
    response = RedirectResponse(next_ if next_ and _is_page(next_) else _HOME, status_code=303)
    cookies.keep(request, response, session, max(0, session.expires_at - int(time.time())))
    return response


def _is_page(address: str | None) -> bool:
    """Return whether an address is one of the pages, and nothing elsewhere."""
    return address is not None and (
        address == _HOME or (address.startswith(("/pages/", "/pages?")) and "\\" not in address)
    )
