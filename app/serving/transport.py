"""A transport that lets its protocol decide how it is closed, and sockets that take nobody new."""

import ctypes
import socket
import struct
import sys
from collections.abc import Callable
from typing import Any, Final

import structlog

_SO_ATTACH_FILTER: Final = 26
# Classic BPF over a TCP segment: drop it if of SYN and ACK only SYN is set, else take it whole.
_DROP_NEW: Final = (
    (0x30, 0, 0, 13),  # load the byte of the flags
    (0x54, 0, 0, 0x12),  # and it with SYN | ACK
    (0x15, 0, 1, 0x02),  # is it SYN alone?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # take
)

_UNREAD_BYTES: Final = 256 * 1024
"""By itself the kernel lets this grow to megabytes."""

_log = structlog.get_logger(__name__)


class GentleTransport:
    """uvicorn closes a connection at once after its last answer; here `closing` decides.

    What is written too late, to a client that is gone, goes nowhere.
    """

    def __init__(self, transport: Any, closing: Callable[[], None]) -> None:
        """Wrap the loop's transport."""
        self._transport = transport
        self._ended = False
        self.close = closing
        self.close_now = transport.close

    def write(self, data: bytes) -> None:
        """Send, unless there is nobody left to send to."""
        if not self._ended and not self._transport.is_closing():
            self._transport.write(data)

    def write_eof(self) -> None:
        """Tell the client that nothing more comes."""
        if not self._transport.is_closing():
            self._ended = True
            self._transport.write_eof()

    def abort(self) -> None:
        """Break off; the kernel keeps nothing for the client either."""
        if not self._transport.is_closing():
            with self._transport.get_extra_info("socket").dup() as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the transport has."""
        return getattr(self._transport, name)


def keep_small(listening: Any) -> None:
    """Have the kernel keep less of what a client does not read, on every connection from here."""
    with listening.dup() as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _UNREAD_BYTES)


def turn_away(listening: Any) -> None:
    """Let no new connection begin at a listening socket; those that have begun are completed.

    Closing it resets what the kernel has accepted and the process has not: somebody may always
    come in between. So nobody comes in any more, a moment before it is closed. Whoever tries sends
    again a second later, and is refused or meets the next process.
    """
    if not sys.platform.startswith("linux") or listening.family == socket.AF_UNIX:
        return
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in _DROP_NEW)
    buffer = ctypes.create_string_buffer(code)
    program = struct.pack("HL", len(_DROP_NEW), ctypes.addressof(buffer))
    try:
        with listening.dup() as same:
            same.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    except OSError as error:  # not every kernel does; the rest of the stop is as good
        _log.warning("listening_socket_stays_open", reason=str(error))
