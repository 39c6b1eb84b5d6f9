"""No test reaches beyond this machine: whatever tries fails, by name or by address."""

import _socket
import ipaddress
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any


class OutgoingConnectionError(Exception):
    """A test tried to reach another machine."""


def refuse_outgoing() -> None:
    """Refuse, in this process and for good, all but loopback addresses and local sockets.

    Python's sockets are of one class, whichever library takes them. An audit hook would see them,
    too, and every `id()`: SQLAlchemy calls it so often that a tenth of all the time went there.
    """
    sockets: Any = socket.socket
    sockets.connect = _judging(sockets.connect, _first)
    sockets.connect_ex = _judging(sockets.connect_ex, _first)
    sockets.sendto = _judging(sockets.sendto, _last)
    sockets.sendmsg = _judging(sockets.sendmsg, _fourth)
    names: Any = _socket
    names.getaddrinfo = _looking_up(names.getaddrinfo)


def _judging(
    function: Callable[..., Any], find_address: Callable[[tuple[Any, ...]], Any]
) -> Callable[..., Any]:
    @wraps(function)
    def judged(opened: socket.socket, *arguments: Any) -> Any:
        address = find_address(arguments)
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise OutgoingConnectionError(function.__name__, address)
        return function(opened, *arguments)

    return judged


def _first(arguments: tuple[Any, ...]) -> Any:
    return arguments[0]


def _last(arguments: tuple[Any, ...]) -> Any:
    return arguments[-1]


def _fourth(arguments: tuple[Any, ...]) -> Any:
    """Return the address of `sendmsg`; without one it goes where the socket is connected."""
    return arguments[3] if len(arguments) > 3 else None


def _looking_up(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def judged(host: Any, *arguments: Any, **named: Any) -> Any:
        if not _needs_no_name_server(host):
            raise OutgoingConnectionError(function.__name__, host)
        return function(host, *arguments, **named)

    return judged


def _is_local(host: Any) -> bool:
    address = _address(host)
    return host == "localhost" if address is None else address.is_loopback


def _needs_no_name_server(host: Any) -> bool:
    if host in {None, "", b"", "localhost", b"localhost"} or _address(host) is not None:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    with suppress(UnicodeError):
        text = text.encode("idna").decode()
    # Numbers as C reads them: `127.1`, `0x7f000001`.
    with suppress(OSError):
        return bool(socket.inet_aton(text.rstrip(".")))
    return text.lower().rstrip(".") == "localhost" or ".." in text


def _address(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
