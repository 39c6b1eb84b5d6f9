"""How a client shows who it is at the OAuth endpoints, and how they say no (RFC 6749)."""

import base64
import binascii
from typing import Final
from urllib.parse import parse_qsl, unquote_plus
from uuid import UUID

from fastapi import Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from app.access import keys
from app.access.authentication import Authenticated, find_by_key
from app.access.credentials import ShownKey
from app.access.principal import Principal
from app.features.accounts.service.tokens import OAuthError
from app.http.authenticator import authenticator_of, key_use
from app.http.context import get_context
from app.http.media_types import find_unfit
from app.kit.problems import Unauthenticated

FORM: Final = "application/x-www-form-urlencoded"
_MAX_FIELDS: Final = 30

Form = dict[str, str]


async def read_form(request: Request) -> Form:
    """Return the form of the body; each field once."""
    if find_unfit(request.headers, FORM) is not None:
        raise OAuthError("invalid_request", f"the body must be {FORM} in UTF-8, not packed")
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise OAuthError("invalid_request", "the form cannot be read") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter is repeated")
    return form


async def client_of(
    request: Request, session: AsyncSession, form: Form, secret: bytes
) -> Principal:
    """Return the client by its id and one of its keys, in the header or in the form."""
    authenticator = authenticator_of(request)
    client_id, key = _shown(request.headers.get("authorization"), form)
    authenticator.limits.refuse_repeated(key)
    try:
        found = await _identified(session, client_id, key, secret)
    except Unauthenticated as error:
        authenticator.count_bad(request, key, client_id)
        raise OAuthError("invalid_client", "no such client and key") from error
    context = get_context(request)
    context.quota = authenticator.limits.of_caller(found.principal.name)
    context.key_use = key_use(request, found)
    return found.principal


async def _identified(
    session: AsyncSession, client_id: str, key: str, secret: bytes
) -> Authenticated:
    prefix = keys.read_prefix(key)
    if prefix is None:
        raise Unauthenticated
    found = await find_by_key(session, ShownKey(key, prefix), secret)
    if str(found.principal.client_id) != client_id:
        raise Unauthenticated
    return found


def _shown(authorization: str | None, form: Form) -> tuple[str, str]:
    """Client id and secret (RFC 6749 §2.3.1): by HTTP Basic or in the form, not both."""
    if authorization is None:
        return _id(form.get("client_id", "")), form.get("client_secret", "")
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or "client_secret" in form:
        raise OAuthError("invalid_request", "authenticate once, by HTTP Basic or in the form")
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise OAuthError("invalid_client", "the header cannot be read") from error
    return _id(unquote_plus(name)), unquote_plus(secret)


def _id(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""


def refused(error: OAuthError) -> JSONResponse:
    """Return the answer to what a client did wrong (RFC 6749 §5.2)."""
    content = {"error": error.code, "error_description": error.description}
    if error.reason is not None:
        content["reason"] = error.reason
    if error.code != "invalid_client":
        return JSONResponse(content, 400)
    return JSONResponse(content, 401, {"WWW-Authenticate": 'Basic realm="dajiatan"'})
