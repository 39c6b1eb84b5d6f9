"""Kinds of settings: what is no such thing is said before anything is tried with it."""

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from app.kit.redaction import hide

_PASSWORD: Final = re.compile(r"://[^:/@]*:(.+)@")
_PASSWORD_BEHIND: Final = re.compile(r"[?&]password=([^&]+)")
_HOST: Final = re.compile(r"\.?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_LAST_PORT: Final = 65_535
_WEB: Final = "https://host:port/path"
_ALLOWANCES: Final = "10.0.0.0/8 | hooks.intra.gov.cn | .intra.gov.cn"
_SQLITE: Final = "sqlite:///path"
_POSTGRESQL: Final = "postgresql://user@host:port/name"
_TAKEN_BY_ASYNCPG: Final = frozenset({
    "database", "direct_tls", "gsslib", "host", "krbsrvname", "passfile", "password", "port",
    "prepared_statement_cache_size", "service", "servicefile", "ssl", "target_session_attrs",
    "user",
})  # fmt: skip
"""What may stand behind the `?` of an address; `sslmode` is another driver's word for `ssl`."""


def _bad(expected: str) -> PydanticCustomError:
    return PydanticCustomError("bad_format", "must be {expected}", {"expected": expected})


def _database(value: str) -> str:
    return _address(value, (_SQLITE, _POSTGRESQL))


def _replica(value: str) -> str:
    return _address(value, (_POSTGRESQL,)) if value else value


def _address(value: str, forms: tuple[str, ...]) -> str:
    hide(*_PASSWORD.findall(value), *_PASSWORD_BEHIND.findall(value))
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        raise _bad(" | ".join(forms)) from None
    kind = url.get_backend_name()
    if kind not in {form.partition(":")[0] for form in forms}:
        raise _bad(" | ".join(forms))
    if kind == "postgresql" and (other := url.query.keys() - _TAKEN_BY_ASYNCPG):
        known = "ssl=require" if "sslmode" in other else ", ".join(sorted(_TAKEN_BY_ASYNCPG))
        raise _bad(_POSTGRESQL + "?" + known)
    if not _has_place(url):
        raise _bad(" | ".join(forms))
    return value


def _has_place(url: URL) -> bool:
    """Return whether the hosts and ports of an address can be those of any server."""
    hosts = ",".join([url.host or "", *_listed(url, "host")])
    ports = ",".join([str(url.port or ""), *_listed(url, "port")])
    given = [port for port in ports.split(",") if port]
    try:
        for host in hosts.split(","):
            if not host.startswith("/"):  # the folder of a socket
                host.encode("idna")  # as looking for it does
        return all(port.isascii() and 0 < int(port) <= _LAST_PORT for port in given)
    except ValueError:
        return False


def _listed(url: URL, name: str) -> tuple[str, ...]:
    found = url.query.get(name, ())
    return (found,) if isinstance(found, str) else found


def _plain_web_address(value: str) -> str:
    if "?" in value:
        raise _bad(_WEB)
    return _web_address(value)


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        # A key may stand in each of them, and the client's errors repeat the address.
        user = None if parts.password else parts.username
        hide(user, parts.password, *(given for _, given in parse_qsl(parts.query)))
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "#" in value or re.search(r"\s", value):
        raise _bad(_WEB)
    return value


def _destination(value: str) -> str:
    if "://" in value:
        hide(value)
        return _web_address(value)
    return value


def _origin(value: str) -> str:
    if value == "*" or value.endswith("/"):
        raise _bad("https://www.example.gov.cn")
    return value


def _network(value: str) -> str:
    try:
        if value != "*":
            ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise _bad("192.0.2.1 | 192.0.2.0/24") from None
    return value


def _allowance(value: str) -> str:
    """Take a network, or a host name, with a point before it for all that end so."""
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        if not _HOST.fullmatch(value.lower()) or value.replace(".", "").isdecimal():
            raise _bad(_ALLOWANCES) from None
    return value


def _secret(value: SecretStr) -> SecretStr:
    hide(value.get_secret_value())
    return value


DatabaseAddress = Annotated[str, AfterValidator(_database)]
ReplicaAddress = Annotated[str, AfterValidator(_replica)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
PlainWebAddress = Annotated[str, AfterValidator(_plain_web_address)]
"""One that others are put together from: without a query."""
Destination = Annotated[str, AfterValidator(_destination)]
"""A file, or a web address, which may hold a secret."""
Origin = Annotated[str, AfterValidator(_origin)]
Network = Annotated[str, AfterValidator(_network)]
Allowance = Annotated[str, AfterValidator(_allowance)]
"""A network or the end of a host's name."""
Secret = Annotated[SecretStr, AfterValidator(_secret)]
"""Never said by this process again."""
