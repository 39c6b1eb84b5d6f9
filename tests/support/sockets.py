"""No test reaches beyond this machine: whatever tries fails, by name or by address."""

import ipaddress
import socket
import sys
from contextlib import suppress
from typing import Any


class OutgoingConnectionError(Exception):
    """A test tried to reach another machine."""


def refuse_outgoing() -> None:
    """Refuse, in this process and for good, all but loopback addresses and local sockets.

    An audit hook sees every way to open a connection through Python's sockets, whichever
    library takes it.
    """
    sys.addaudithook(_judge)


def _judge(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_local(address[0]):
            raise OutgoingConnectionError(event, address)
    elif event == "socket.getaddrinfo" and not _needs_no_name_server(arguments[0]):
        raise OutgoingConnectionError(event, arguments[0])


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
