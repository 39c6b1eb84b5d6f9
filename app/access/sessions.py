"""Sessions of people at the pages: a credential that was shown once, for some hours.

A session is a signed token of a type of its own: the API takes none for an access token. It names
the key, the token or the person that was shown, which is looked up with every request: what is
revoked there ends the session, and it sees what the credential sees at that moment. It can only
look (`docs/decisions/0129-sessions-of-the-pages.md`).
"""

import time
from typing import Any, Final

from app.access import tokens
from app.access.credentials import Credential, ShownPerson
from app.access.narrowing import Narrowing
from app.access.principal import Power, Principal
from app.access.tokens import AccessToken
from app.kit import ids
from app.kit.problems import Forbidden, Unauthenticated
from app.settings import Settings

_SESSION: Final = "session+jwt"
_ONCE: Final = "once+jwt"
_ONCE_SECONDS: Final = 600
_HOUR: Final = 3600
_LOOKING: Final = frozenset({Power.VIEW, Power.OWN})
"""The powers that a session keeps of its credential's: to view, or to view one's own."""

Session = AccessToken | ShownPerson


def begin(credential: Credential, caller: Principal, settings: Settings) -> Session:
    """Return the session of who has shown a credential; raises `Forbidden` if it sees nothing.

    It ends with the credential, and after the hours of the settings at the latest.
    """
    _require_sight(caller)
    until = int(time.time()) + settings.session_hours * _HOUR
    if isinstance(credential, ShownPerson):
        return ShownPerson(credential.person, min(credential.expires_at, until))
    if isinstance(credential, AccessToken):
        of_token = Narrowing.read(credential.scope)
        narrowed = Narrowing(_LOOKING & (of_token.powers or _LOOKING), of_token.units)
        ends = min(credential.expires_at, until)
        return AccessToken(
            credential.client_id,
            credential.key_id,
            str(narrowed),
            credential.jti,
            ends,
            credential.person,
        )
    return _of_key(caller, until)


def begin_with_key(caller: Principal, settings: Settings) -> Session:
    """Return the session of who has shown a key before; raises `Forbidden` if it sees nothing."""
    _require_sight(caller)
    return _of_key(caller, int(time.time()) + settings.session_hours * _HOUR)


def write(session: Session, settings: Settings) -> str:
    """Return a session as the cookie holds it."""
    from app.access import signing  # noqa: PLC0415 - see its docstring

    secret, issuer = settings.secret, settings.base_url
    if isinstance(session, AccessToken):
        return signing.mint(session, secret, issuer, _SESSION)
    person = session.person
    claims: dict[str, Any] = {
        "sub": person.subject,
        "person_issuer": person.issuer,
        "person_grants": [list(pair) for pair in person.mapped],
        "exp": session.expires_at,
    }
    return signing.sign(claims, secret, issuer, _SESSION)


def read(text: str, settings: Settings) -> Session:
    """Return the session of a cookie; raises `Unauthenticated`."""
    from app.access import signing  # noqa: PLC0415 - see its docstring

    claims = signing.verify(text, settings.secret, settings.base_url, _SESSION)
    if "client_id" in claims:
        return signing.token_of(claims)
    shown = ShownPerson(signing.person_of(claims), claims["exp"])
    if shown.person.issuer not in {known.issuer for known in settings.oidc_issuers}:
        raise Unauthenticated
    return shown


def write_once(caller: Principal, settings: Settings) -> str:
    """Return a token that begins one session with the key of a caller, within ten minutes."""
    from app.access import signing  # noqa: PLC0415 - see its docstring

    token = _of_key(caller, int(time.time()) + _ONCE_SECONDS)
    return signing.mint(token, settings.secret, settings.base_url, _ONCE)


def read_once(text: str, settings: Settings) -> AccessToken:
    """Return a token that begins one session; raises `Unauthenticated`.

    Whether it was used before the database knows.
    """
    from app.access import signing  # noqa: PLC0415 - see its docstring

    return signing.read(text, settings.secret, settings.base_url, _ONCE)


def _require_sight(caller: Principal) -> None:
    """Raise `Forbidden` for whom no page would show anything."""
    if not any(caller.may_anywhere(power) for power in _LOOKING):
        raise Forbidden


def _of_key(caller: Principal, until: int) -> AccessToken:
    """Return a session of the key that a caller has shown."""
    if caller.client_id is None or caller.key_id is None:
        raise Unauthenticated
    scope = str(Narrowing(_LOOKING))
    return tokens.AccessToken(caller.client_id, caller.key_id, scope, ids.new_id().hex, until)
