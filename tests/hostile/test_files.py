"""Files that unpack to far more than they are: refused at once, by a process of their own."""

import asyncio
import errno
import io
import json
import os
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest
from PIL import Image

from app.kit import sandbox as kit
from app.kit.problems import Unavailable
from app.kit.sandbox import RefusedError, Sandbox
from tests.support import factories
from tests.support.client import Api, problems
from tests.support.service import serving

pytestmark = pytest.mark.one_database

MIB = 1024 * 1024
STRAINED = "tests.support.strained"
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, data: bytes) -> bytes:
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def header(width: int, height: int) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))


def zeros(size: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(size // MIB)) + packer.flush()


def png(width: int, height: int, *before: bytes, rows: int | None = None) -> bytes:
    packer = zlib.compressobj(9)
    row = bytes(1 + 4 * width)
    data = b"".join(packer.compress(row) for _ in range(height if rows is None else rows))
    data += packer.flush()
    return SIGNATURE + header(width, height) + b"".join(before) + chunk(b"IDAT", data) + END


END = chunk(b"IEND", b"")


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small picture whose header says that it is a large one."""
    out = io.BytesIO()
    Image.new("RGB", (16, 16)).save(out, kind)
    content = bytearray(out.getvalue())
    if kind == "JPEG":
        at = content.index(b"\xff\xc0") + 5
        content[at : at + 4] = struct.pack(">HH", height, width)
    else:
        at = content.index(b"\x9d\x01\x2a") + 3
        content[at : at + 4] = struct.pack("<HH", width, height)
    return bytes(content)


def animated(kind: str) -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (16, 16), color) for color in ("red", "green", "blue")]
    frames[0].save(out, kind, save_all=True, append_images=frames[1:])
    return out.getvalue()


def crowded(entries: int) -> bytes:
    """An archive whose directory holds this many names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", "x")
        for number in range(entries):
            archive.writestr(f"{number:x}", "")
    return out.getvalue()


def inflating(kind: bytes, count: int = 1) -> bytes:
    """A picture with notes that unpack to 64 MiB each."""
    note = chunk(kind, b"x\0\0" + zeros(64 * MIB))
    return png(4, 4, *([note] * count))


BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "59 megapixels in 230 KB": ("a.png", lambda: png(7700, 7700), "image_too_large"),
    "a little over the limit": ("a.png", lambda: png(4001, 4000), "image_too_large"),
    "more than Pillow itself opens": ("a.png", lambda: png(60000, 60000, rows=1),
                                      "image_too_large"),
    "a large JPEG": ("a.jpg", lambda: claiming("JPEG", 65000, 65000), "image_too_large"),
    "a large WebP": ("a.webp", lambda: claiming("WEBP", 16383, 16383), "image_too_large"),
    "frames": ("a.png", lambda: animated("PNG"), "animated_image"),
    "frames of a WebP": ("a.webp", lambda: animated("WEBP"), "animated_image"),
    "a profile": ("a.png", lambda: inflating(b"iCCP"), "broken_image"),
    "a note": ("a.png", lambda: inflating(b"zTXt", 3), "broken_image"),
    "half of one": ("a.png", lambda: png(4000, 4000)[:30_000], "broken_image"),
    "a directory": ("a.docx", lambda: crowded(20_000), "type_mismatch"),
}  # fmt: skip


@pytest.fixture
def files() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        file.write(b"content")
        yield file


async def upload(http: httpx2.AsyncClient, org: Any, name: str, content: bytes) -> httpx2.Response:
    form = {"org_id": org["id"]}
    return await http.post("/v1/attachments", files={"file": (name, content)}, data=form)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_bombs_are_refused_and_cost_the_service_nothing(
    sqlite_copies: Any, tmp_path: Path
) -> None:
    with serving(sqlite_copies(), tmp_path, run_worker=False) as service:
        address, process = service.addresses[0], service.processes[0].pid or 0
        async with httpx2.AsyncClient(
            base_url=address, headers=service.headers, timeout=300
        ) as http:
            (root,) = (await http.get("/v1/units")).json()["data"]
            assert (await upload(http, root, "a.png", png(4, 4))).status_code == 201
            before, busy = high_water(process), processor_seconds(process)
            for title, (name, bomb, code) in BOMBS.items():
                answer = await upload(http, root, name, bomb())
                found = problems(answer.json()) if answer.status_code == 422 else None
                assert found == {("/file", code)}, title
            assert high_water(process) - before < 64
            assert processor_seconds(process) - busy < 2.5, "opened in the service itself"


async def test_what_is_within_the_limit_is_taken(api: Api) -> None:
    root = await factories.root(api)
    made = (await upload(api.http, root, "a.png", png(4000, 4000))).json()
    answer = await api.send("GET", f"/v1/attachments/{made['id']}/content", expect=200)
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (4000, 4000)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_refusal_says_what_to_do(api: Api, language: str) -> None:
    root = await factories.root(api)
    api.http.headers["Accept-Language"] = language
    (error,) = (await upload(api.http, root, "a.png", png(4001, 4000))).json()["errors"]
    assert "16" in error["detail"]


async def test_a_child_knows_nothing_of_the_service(
    files: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAJIATAN_SECRET_KEY", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with await Sandbox().run(STRAINED, "reveal", files, "word") as result:
        seen = json.load(result)
    assert (seen["word"], seen["file"]) == ("word", "content")
    assert not [name for name in seen["environment"] if "SECRET" in name]


async def test_a_child_ends_at_its_limits(
    files: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = Sandbox()
    with pytest.raises(RefusedError):
        await sandbox.run(STRAINED, "fill", files)
    with pytest.raises(OSError, match=r".") as full:
        await sandbox.run(STRAINED, "find_no_room", files)
    assert full.value.errno == errno.ENOSPC
    monkeypatch.setattr(kit, "_DEADLINE_SECONDS", 0.5)
    with pytest.raises(RefusedError):
        await sandbox.run(STRAINED, "sleep", files)
    assert children() == set()


async def test_one_at_a_time_and_none_left_behind_by_who_hangs_up(
    files: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, running = Sandbox(), set[str]()
    first = asyncio.create_task(sandbox.run(STRAINED, "sleep", files))
    for _ in range(1000):
        if running := children():
            break
        await asyncio.sleep(0.01)
    assert running
    monkeypatch.setattr(kit, "_LONGEST_WAIT_SECONDS", 0.2)
    with pytest.raises(Unavailable):
        await sandbox.run(STRAINED, "sleep", files)
    assert children() == running
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert children() == set()
    (await sandbox.run(STRAINED, "reveal", files, "word")).close()


def children() -> set[str]:
    """The processes that look into a file for this one."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
            line = (status.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(os.getpid()) and b"app.kit.sandbox" in line:
            found.add(status.parent.name)
    return found


def high_water(process: int) -> float:
    """The most memory that a process has had, in MiB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def processor_seconds(process: int) -> float:
    """Processor time of a process itself, without its children."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
