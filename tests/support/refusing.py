"""A PostgreSQL that takes nobody's password."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SSL_REQUEST: Final = 80877103
_MESSAGE: Final = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "root"\0\0'


class _Refusal(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Ask for the password in clear text, and refuse it."""
        while True:
            (length,) = struct.unpack("!i", self.rfile.read(4))
            begin = self.rfile.read(length - 4)
            if struct.unpack("!i", begin[:4])[0] != _SSL_REQUEST:
                break
            self.wfile.write(b"N")
        self.wfile.write(b"R" + struct.pack("!ii", 8, 3))
        self.rfile.read(1)
        (length,) = struct.unpack("!i", self.rfile.read(4))
        self.rfile.read(length - 4)
        self.wfile.write(b"E" + struct.pack("!i", len(_MESSAGE) + 4) + _MESSAGE)


@contextmanager
def refusing_server() -> Iterator[int]:
    """Give the port of a server that refuses every password."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Refusal) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
