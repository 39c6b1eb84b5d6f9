"""An OpenID Connect provider as a process of its own: discovery, keys, nothing else.

`python -m tests.support.provider PORT FOLDER` serves what lies in the folder and counts requests.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

AUDIENCE = "dajiatan"


@dataclass
class Provider:
    """A running provider; its keys can be rotated, its tokens say what a test wants."""

    issuer: str
    folder: Path
    process: subprocess.Popen[bytes]
    keys: list[RSAKey | ECKey] = field(default_factory=list)

    def rotate(self, *, kind: type[RSAKey] | type[ECKey] = RSAKey) -> None:
        """Sign with a new key from now on; the old ones stay published."""
        size: Any = 2048 if kind is RSAKey else "P-256"
        self.keys.append(kind.generate_key(size, {"kid": f"key-{len(self.keys)}", "use": "sig"}))
        published = KeySet(list(self.keys)).as_dict(private=False)
        (self.folder / "jwks").write_text(json.dumps(published), encoding="utf-8")

    def token(self, subject: str, **claims: Any) -> str:
        """A token for the service about a person, valid for five minutes unless told otherwise."""
        now = int(time.time())
        whole = {"iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "exp": now + 300}
        key = self.keys[-1]
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        header = {"alg": algorithm, "kid": key.kid}
        return jwt.encode(header, whole | claims, key, algorithms=[algorithm])

    @property
    def requests(self) -> int:
        """How often its keys were fetched."""
        count = self.folder / "count"
        return len(count.read_text(encoding="utf-8")) if count.exists() else 0


@contextmanager
def provider(folder: Path) -> Iterator[Provider]:
    """A provider on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    issuer = f"http://127.0.0.1:{port}"
    discovery = {"issuer": issuer, "jwks_uri": f"{issuer}/jwks"}
    (folder / "discovery").write_text(json.dumps(discovery), encoding="utf-8")
    command = [sys.executable, "-m", "tests.support.provider", str(port), str(folder)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        process.stdout.readline()
        made = Provider(issuer, folder, process)
        made.rotate()
        try:
            yield made
        finally:
            process.terminate()


def serve(port: int, folder: Path) -> None:
    """Serve until terminated."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            names = {"/.well-known/openid-configuration": "discovery", "/jwks": "jwks"}
            name = names.get(self.path)
            if name == "jwks":
                with (folder / "count").open("a", encoding="utf-8") as count:
                    count.write(".")
            self.send_response(200 if name else 404)
            self.end_headers()
            if name:
                self.wfile.write((folder / name).read_bytes())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
