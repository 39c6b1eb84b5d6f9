"""A receiver of webhooks: keeps what it is sent, and answers as it is told."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: httpx2.Headers
    body: bytes

    @property
    def id(self) -> str:
        """Its `webhook-id`."""
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        """Its body."""
        return httpx2.Response(200, content=self.body).json()


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; status 0: the connection is closed without an answer."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: float = 0.0
    """Seconds between the bytes of a body that never ends."""
    after: float = 0.0


class Receiver:
    """A server of this machine."""

    def __init__(self, host: str) -> None:
        """Nothing listens before `receiving`."""
        self.host = host
        self.port = 0
        self.requests: list[Received] = []
        self.decide: Callable[[Received], Reply] = lambda _request: self._reply
        self._reply = Reply()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{self.host}:{self.port}/hook"

    def answer(self, status: int, **more: Any) -> None:
        """Answer so from now on."""
        self._reply = Reply(status, **more)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a request, and answer it."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await _read(reader)
            self.requests.append(request)
            await _write(writer, self.decide(request))
        writer.close()


@asynccontextmanager
async def receiving(
    host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver for as long as the block lasts."""
    receiver = Receiver(host)
    server = await asyncio.start_server(receiver.meet, host, 0, ssl=tls)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """What a server of this name shows, signed by itself; it is also in `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / f"{name}.pem", folder / f"{name}.key"
    path.write_bytes(made.public_bytes(Encoding.PEM))
    key_path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return context


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    named = (line.partition(": ") for line in lines)
    headers = httpx2.Headers([(name, value) for name, _, value in named])
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(first.split(" ")[1], headers, body)


async def _write(writer: asyncio.StreamWriter, reply: Reply) -> None:
    await asyncio.sleep(reply.after)
    if not reply.status:
        return
    length = {} if reply.drip else {"Content-Length": str(len(reply.body))}
    headers = {**length, "Connection": "close", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} -", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    writer.write(reply.body)
    await writer.drain()
    while reply.drip:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(reply.drip)
