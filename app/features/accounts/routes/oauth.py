"""HTTP of OAuth 2: tokens (RFC 6749, RFC 8693), their revocation (RFC 7009), discovery (RFC 8414).

Errors here have the form that OAuth libraries read, not that of the rest of the service.
"""

from dataclasses import replace
from typing import Any, Final, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.access.tokens import BadPersonToken, Person, Why
from app.features.accounts.routes.oauth_client import FORM, Form, client_of, read_form, refused
from app.features.accounts.service import tokens as service
from app.features.accounts.service.tokens import Issued, OAuthError, Signer
from app.http.authenticator import authenticator_of
from app.http.dependencies import SessionDep, SettingsDep
from app.http.routing import PublicRoute
from app.kit.problems import Unauthenticated
from app.settings import Settings

router = APIRouter(tags=["oauth"], route_class=PublicRoute)

_EXCHANGE: Final = "urn:ietf:params:oauth:grant-type:token-exchange"
_TOKEN_TYPE: Final = "urn:ietf:params:oauth:token-type:"  # noqa: S105 - a name, not a token
_SUBJECT_TYPES: Final = frozenset(
    _TOKEN_TYPE + kind for kind in ("access_token", "id_token", "jwt")
)
_ISSUED_TYPE: Final = _TOKEN_TYPE + "access_token"
_ID_TOKEN: Final = _TOKEN_TYPE + "id_token"


class TokenOut(BaseModel):
    """An access token (RFC 6749 §5.1)."""

    access_token: str = Field(description="The token itself. 令牌原文。")
    token_type: Literal["Bearer"] = Field(
        default="Bearer", description="How it is sent. 令牌的使用方式。"
    )
    expires_in: int = Field(description="Seconds that it lives. 有效秒数。")
    scope: str = Field(
        description="Powers that it carries, with spaces between. 所含权限，以空格分隔。"
    )
    issued_token_type: str | None = Field(
        default=None, description="Kind of token, after an exchange. 换取所得令牌的类型。"
    )


class OAuthErrorOut(BaseModel):
    """An error of an OAuth endpoint (RFC 6749 §5.2)."""

    error: str = Field(description="Stable code of the error. 错误代码。")
    error_description: str = Field(description="The error in words. 错误说明。")
    reason: str | None = Field(
        default=None,
        description="Of an exchange, why it was refused: `token_expired`, `foreign_audience`, "
        "`unknown_issuer`, `unknown_key`, `no_subject`, `no_grant`, `nothing_in_common`, "
        "`scope_not_granted`. 换取失败的具体原因代码。",
    )


class MetadataOut(BaseModel):
    """What this authorization server can do (RFC 8414)."""

    issuer: str = Field(description="This server, as its tokens name it. 令牌签发者。")
    token_endpoint: str = Field(description="Where tokens are got. 换取令牌的地址。")
    revocation_endpoint: str = Field(description="Where tokens are revoked. 撤销令牌的地址。")
    jwks_uri: str = Field(description="Where its public keys are. 公钥地址。")
    grant_types_supported: list[str] = Field(description="Ways to a token. 换取令牌的方式。")
    response_types_supported: list[str] = Field(
        description="Ways by a browser: none. 经浏览器授权的方式，无。"
    )
    token_endpoint_auth_methods_supported: list[str] = Field(
        description="How a client proves itself to get a token. 换取令牌时的身份验证方式。"
    )
    revocation_endpoint_auth_methods_supported: list[str] = Field(
        description="How a client proves itself to revoke one. 撤销令牌时的身份验证方式。"
    )
    scopes_supported: list[str] = Field(description="Powers there are. 全部权限。")


class KeySetOut(BaseModel):
    """Public keys (RFC 7517)."""

    keys: list[dict[str, str]] = Field(description="The public keys. 公钥。")


_WHY: Final[dict[Why, str]] = {
    "unknown_issuer": "the subject_token is of an issuer that this service is not configured for",
    "unknown_key": "the subject_token is signed with a key that its issuer does not publish",
    "token_expired": "the subject_token has expired: get a new one from its issuer",
    "foreign_audience": "the subject_token is for another audience than this service",
    "no_subject": "the subject_token does not say who the person is",
}


def _body(fields: dict[str, str]) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": text} for name, text in fields.items()}
    required = [name for name in ("grant_type", "token") if name in fields]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


_ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": OAuthErrorOut, "description": "请求有误 Bad request"},
    401: {"model": OAuthErrorOut, "description": "接入系统未通过身份验证 Client not authenticated"},
}


@router.post(
    "/oauth/token",
    operation_id="createToken",
    summary="获取访问令牌 Get an access token",
    response_model=TokenOut,
    response_model_exclude_none=True,
    responses=_ERRORS,
    openapi_extra=_body(
        {
            "grant_type": f"How: `client_credentials`, or `{_EXCHANGE}`. 换取方式。",
            "client_id": "Id of the client, unless given by HTTP Basic. 接入系统编号。",
            "client_secret": "One of its keys, unless given by HTTP Basic. 接入系统密钥。",
            "scope": "Powers, narrower only: `view report review organize audit secure unit:<id>`. "
            "权限范围，只能更窄。",
            "subject_token": "Exchange: the person's token of a configured issuer. 人员令牌。",
            "subject_token_type": f"Its kind: `{_TOKEN_TYPE}access_token`, `…id_token`, `…jwt`. "
            "人员令牌的类型。",
        }
    ),
)
async def token(request: Request, session: SessionDep, settings: SettingsDep) -> Any:
    """Issue a token of ten minutes for a client, or for a client acting for a person."""
    try:
        form = await read_form(request)
        client = await client_of(request, session, form, settings.secret)
        issued = await _issued(request, session, settings, client, form)
    except OAuthError as error:
        return refused(error)
    kind = _ISSUED_TYPE if form["grant_type"] == _EXCHANGE else None
    return TokenOut(
        access_token=issued.token,
        expires_in=issued.expires_in,
        scope=issued.scope,
        issued_token_type=kind,
    )


@router.post(
    "/oauth/revoke",
    operation_id="revokeToken",
    summary="撤销访问令牌 Revoke an access token",
    responses=_ERRORS,
    openapi_extra=_body(
        {
            "token": "The access token. 要撤销的令牌。",
            "client_id": "Id of the client, unless given by HTTP Basic. 接入系统编号。",
            "client_secret": "One of its keys, unless given by HTTP Basic. 接入系统密钥。",
        }
    ),
)
async def revoke(request: Request, session: SessionDep, settings: SettingsDep) -> Any:
    """Take back one of the client's own tokens. What is no such token is no error."""
    try:
        form = await read_form(request)
        client = await client_of(request, session, form, settings.secret)
        text = _given(form, "token")
    except OAuthError as error:
        return refused(error)
    events.set_call(session, replace(events.call_of(session), client_id=client.client_id))
    from app.access import signing  # noqa: PLC0415 - see its docstring

    try:
        found = signing.read(text, settings.secret, settings.base_url)
    except Unauthenticated:
        return {}
    await service.revoke(session, client, found)
    return {}


@router.get(
    "/.well-known/oauth-authorization-server",
    operation_id="getAuthorizationServer",
    summary="授权服务器元数据 Authorization server metadata",
)
async def metadata(settings: SettingsDep) -> MetadataOut:
    """Return where tokens are got and how (RFC 8414)."""
    methods = ["client_secret_basic", "client_secret_post"]
    return MetadataOut(
        issuer=settings.base_url,
        token_endpoint=f"{settings.base_url}/oauth/token",
        revocation_endpoint=f"{settings.base_url}/oauth/revoke",
        jwks_uri=f"{settings.base_url}/.well-known/jwks.json",
        grant_types_supported=["client_credentials", _EXCHANGE],
        response_types_supported=[],
        token_endpoint_auth_methods_supported=methods,
        revocation_endpoint_auth_methods_supported=methods,
        scopes_supported=[power.value for power in Power],
    )


@router.get(
    "/.well-known/jwks.json", operation_id="getKeySet", summary="令牌公钥 Public keys of tokens"
)
async def key_set(settings: SettingsDep) -> KeySetOut:
    """Return the keys that access tokens are signed with: the last, the present one, the next."""
    from app.access import signing  # noqa: PLC0415 - see its docstring

    return KeySetOut(**signing.build_key_set(settings.secret))


def _given(form: Form, name: str) -> str:
    if name not in form:
        raise OAuthError("invalid_request", f"{name} is missing")
    return form[name]


async def _issued(
    request: Request, session: AsyncSession, settings: Settings, client: Principal, form: Form
) -> Issued:
    signer = Signer(settings.secret, settings.base_url)
    match _given(form, "grant_type"):
        case "client_credentials":
            return await service.issue(session, client, form.get("scope"), signer)
        case kind if kind == _EXCHANGE:
            person = await _person(request, settings, form)
            return await service.exchange(session, client, person, form.get("scope"), signer)
        case _:
            raise OAuthError("unsupported_grant_type", "use client_credentials or token-exchange")


async def _person(request: Request, settings: Settings, form: Form) -> tuple[Person, int]:
    if form.get("subject_token_type") not in _SUBJECT_TYPES or not form.get("subject_token"):
        raise OAuthError("invalid_request", "subject_token and its subject_token_type are needed")
    if form.get("requested_token_type", _ISSUED_TYPE) not in _SUBJECT_TYPES - {_ID_TOKEN}:
        raise OAuthError("invalid_request", "only access tokens are issued")
    if "actor_token" in form:
        raise OAuthError("invalid_request", "the client itself is the actor")
    if form.get("audience", settings.base_url) != settings.base_url:
        raise OAuthError("invalid_target", "tokens are issued for this service only")
    try:
        shown = await authenticator_of(request).reader.person(form["subject_token"])
    except BadPersonToken as error:
        if error.why is not None:
            raise OAuthError("invalid_request", _WHY[error.why], error.why) from error
        raise OAuthError("invalid_request", "the subject_token is not valid") from error
    except Unauthenticated as error:
        raise OAuthError("invalid_request", "the subject_token is not valid") from error
    return shown.person, shown.expires_at
