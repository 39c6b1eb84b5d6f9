"""A bucket that speaks as much of S3 as a store of files needs: objects, parts, lists by prefix.

It takes signed requests of one access key only, and refuses the others as S3 does.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape, unescape

NAME = "files"
ACCESS_KEY = "test-access"
_MODIFIED = "Tue, 01 Jan 2013 00:00:00 GMT"


@dataclass
class Bucket:
    """What it holds, by key; `uploads` are those of which parts are still awaited."""

    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[int, bytes]] = field(default_factory=dict)
    refused: int = 0
    broken: bool = False
    """Whether it answers everything with an error of its own."""

    def environment(self, access_key: str = ACCESS_KEY) -> dict[str, str]:
        """What a service is told of it."""
        return {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_REGION": "local",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": "test-secret",
        }


@contextmanager
def bucket() -> Iterator[Bucket]:
    """A bucket on a free port of this machine."""
    held = Bucket()

    class Handler(_Handler):
        bucket = held

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket: Bucket

    def do_PUT(self) -> None:
        if (key := self._begun()) is None:
            return
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "uploadId" in self.query:
            self.bucket.uploads[self.query["uploadId"]][int(self.query["partNumber"])] = body
        else:
            self.bucket.objects[key] = body
        self._answer(200, headers={"ETag": _tag(body)})

    def do_POST(self) -> None:
        if (key := self._begun()) is None:
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "delete" in self.query:
            found = re.findall("<Key>.*?</Key>", body.decode())
            for named in found:
                self.bucket.objects.pop(unescape(named[5:-6]), None)
            self._xml("DeleteResult", "".join(f"<Deleted>{named}</Deleted>" for named in found))
            return
        if "uploads" in self.query:
            name = f"upload-{len(self.bucket.uploads)}"
            self.bucket.uploads[name] = {}
            self._xml("InitiateMultipartUploadResult", f"<UploadId>{name}</UploadId>")
            return
        parts = self.bucket.uploads.pop(self.query["uploadId"])
        self.bucket.objects[key] = b"".join(parts[number] for number in sorted(parts))
        tag = _tag(self.bucket.objects[key])
        self._xml("CompleteMultipartUploadResult", f"<ETag>{escape(tag)}</ETag>")

    def do_GET(self) -> None:
        if (key := self._begun()) is None:
            return
        if self.query.get("list-type") == "2":
            prefix = self.query.get("prefix", "")
            found = sorted(key for key in self.bucket.objects if key.startswith(prefix))
            self._xml("ListBucketResult", "".join(map(self._entry, found)))
            return
        if key not in self.bucket.objects:
            self._xml("Error", "<Code>NoSuchKey</Code>", status=404)
            return
        body = self.bucket.objects[key]
        self._answer(200, body, {"ETag": _tag(body), "Last-Modified": _MODIFIED})

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _begun(self) -> str | None:
        """The key that is asked for; None if the caller was refused."""
        split = urlsplit(self.path)
        found = parse_qs(split.query, keep_blank_values=True)
        self.query = {name: values[0] for name, values in found.items()}
        if self.bucket.broken:
            self.close_connection = True
            self._xml("Error", "<Code>InternalError</Code>", status=500)
            return None
        signed = f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/"
        if not self.headers.get("Authorization", "").startswith(signed):
            self.bucket.refused += 1
            self.close_connection = True
            self._xml("Error", "<Code>InvalidAccessKeyId</Code>", status=403)
            return None
        return unquote(split.path).removeprefix(f"/{NAME}").removeprefix("/")

    def _entry(self, key: str) -> str:
        size = len(self.bucket.objects[key])
        return (
            f"<Contents><Key>{escape(key)}</Key><Size>{size}</Size>"
            "<LastModified>2013-01-01T00:00:00.000Z</LastModified></Contents>"
        )

    def _xml(self, name: str, inside: str, *, status: int = 200) -> None:
        self._answer(status, f"<{name}>{inside}</{name}>".encode())

    def _answer(
        self, status: int, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for header, value in (headers or {}).items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _tag(body: bytes) -> str:
    return f'"{md5(body, usedforsecurity=False).hexdigest()}"'
