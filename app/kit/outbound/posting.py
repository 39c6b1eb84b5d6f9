"""POST to an address that a caller chose, without being sent anywhere else by it.

The host is looked up once, every address that it has is judged, and the connection is made to one
of those very addresses: what the name says a moment later does not matter. TLS is checked against
the host's name. No redirect is followed, no proxy asked, and no more than the beginning of the
answer is read.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import httpx2

from app.kit.outbound.addresses import Address, Allowed

_MOST_ADDRESSES: Final = 4
"""Addresses of one host that are tried in turn."""
_MOST_ANSWER: Final = 64 * 1024
"""Bytes of an answer that are read; of the rest nobody knows."""
_MOST_LOOKUPS: Final = 8
_CONNECTING: Final = 0.8
"""The part of the time in which a connection must have been made, to whichever address."""
_PORTS: Final = {"http": 80, "https": 443}

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Returns the addresses of a host, as text."""


class Failure(StrEnum):
    """Why there is no answer."""

    TIMEOUT = "timeout"
    UNKNOWN_HOST = "unknown_host"
    REFUSED_ADDRESS = "refused_address"
    INSECURE = "insecure"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    PROTOCOL = "protocol"


class NotSentError(Exception):
    """There is no answer: nothing was sent, or nothing whole came back."""

    def __init__(self, failure: Failure) -> None:
        """Keep why; neither an address nor a library's message, which may hold a secret."""
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answered."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host; raises `OSError` where it has none."""
    loop = asyncio.get_running_loop()
    # In threads of their own: names that hang hold up nothing else.
    found = await loop.run_in_executor(_lookups(), _ask, host, port)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


async def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Allowed,
    seconds: float,
    lookup: Lookup = look_up,
) -> Answer:
    """Send it, and return what was answered within so many seconds; raises `NotSentError`."""
    try:
        async with asyncio.timeout(seconds):
            parts, port = _read(url)
            host = parts.hostname or ""
            addresses = await _find_addresses(host, port, allowed, lookup)
            if parts.scheme != "https" and not allowed.may_be_plain(host, addresses):
                raise NotSentError(Failure.INSECURE)
            return await _post_to_first(parts, addresses, content, headers, seconds)
    except TimeoutError:
        raise NotSentError(Failure.TIMEOUT) from None


def _read(url: str) -> tuple[SplitResult, int]:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise NotSentError(Failure.INSECURE)
    return parts, parts.port or _PORTS[parts.scheme]


async def _find_addresses(
    host: str, port: int, allowed: Allowed, lookup: Lookup
) -> Sequence[Address]:
    """Return the addresses of a host; raises `NotSentError` if one of them may not be reached."""
    try:
        texts = await lookup(host, port)
        addresses = [ipaddress.ip_address(text) for text in texts]
    except (OSError, ValueError):  # also of a name that cannot be one
        raise NotSentError(Failure.UNKNOWN_HOST) from None
    if not addresses:
        raise NotSentError(Failure.UNKNOWN_HOST)
    if not all(allowed.may_reach(host, address) for address in addresses):
        raise NotSentError(Failure.REFUSED_ADDRESS)
    return addresses[:_MOST_ADDRESSES]


async def _post_to_first(
    parts: SplitResult,
    addresses: Sequence[Address],
    content: bytes,
    headers: Mapping[str, str],
    seconds: float,
) -> Answer:
    """Send it to the first address that takes a connection."""
    for number, address in enumerate(addresses, 1):
        try:
            within = seconds * _CONNECTING / len(addresses)
            return await _post_to(parts, address, content, headers, within)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            # A certificate that does not fit is no reason to try the next one.
            failure = Failure.TLS if _is_of_tls(error) else Failure.UNREACHABLE
            if failure is Failure.TLS or number == len(addresses):
                raise NotSentError(failure) from None
        except httpx2.NetworkError:
            raise NotSentError(Failure.UNREACHABLE) from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError):
            raise NotSentError(Failure.PROTOCOL) from None
    raise NotSentError(Failure.UNREACHABLE)


async def _post_to(
    parts: SplitResult,
    address: Address,
    content: bytes,
    headers: Mapping[str, str],
    within: float,
) -> Answer:
    """Send it to this very address, under the name that was asked for; connected in time."""
    host = parts.hostname or ""
    literal = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004 - IPv6
    port = parts.port or _PORTS[parts.scheme]
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    named = parts.netloc.rpartition("@")[2]
    async with (
        httpx2.AsyncClient(
            verify=_trusted(), trust_env=False, timeout=httpx2.Timeout(None, connect=within)
        ) as http,
        http.stream(
            "POST",
            target,
            content=content,
            headers={**headers, "Host": named, "Accept-Encoding": "identity"},
            extensions={"sni_hostname": host.rstrip(".")},
            follow_redirects=False,
        ) as response,
    ):
        body = b""
        async for part in response.aiter_raw():
            body += part
            if len(body) >= _MOST_ANSWER:
                break
        return Answer(response.status_code, response.headers, body[:_MOST_ANSWER])


def _is_of_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom TLS trusts: made once, for it reads many files."""
    return httpx2.create_ssl_context()


@cache
def _lookups() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST_LOOKUPS, "lookup")


def _ask(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
