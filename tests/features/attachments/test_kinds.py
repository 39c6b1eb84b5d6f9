"""Files as Chinese systems make them: their names, their characters, their kinds."""

import struct
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.db import Database
from tests.features.attachments.test_attachments import document
from tests.support import factories as make
from tests.support.client import Api, problems, started

pytestmark = pytest.mark.one_database

WHERE = b"a place of somebody"


@pytest.fixture
async def keeper(database: Database, database_url: str, tmp_path: Path) -> Api:
    return await started(database, database_url, storage_url=str(tmp_path))


async def sent(api: Api, org: Any, disposition: bytes, content: bytes) -> httpx2.Response:
    """Upload a file whose part has this header."""
    body = (
        b'--x\r\nContent-Disposition: form-data; name="org_id"\r\n\r\n' + org["id"].encode()
        + b'\r\n--x\r\nContent-Disposition: form-data; name="file"; ' + disposition
        + b"\r\n\r\n" + content + b"\r\n--x--\r\n"
    )  # fmt: skip
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return await api.http.post("/v1/attachments", content=body, headers=headers)


@pytest.mark.parametrize(
    "disposition",
    [
        'filename="心得.txt"'.encode(),
        'filename="心得.txt"'.encode("gbk"),
        b"filename*=UTF-8''%E5%BF%83%E5%BE%97.txt",
        b"filename*=gb18030'zh'%D0%C4%B5%C3.txt",
        b"filename=\"x.pdf\"; filename*=utf-8''%E5%BF%83%E5%BE%97.txt",
    ],
)
async def test_names_are_read_however_they_are_written(keeper: Api, disposition: bytes) -> None:
    root = await make.root(keeper)
    made = await sent(keeper, root, disposition, b"text")
    assert made.status_code == 201, made.text
    assert made.json()["filename"] == "心得.txt"


@pytest.mark.parametrize(
    ("encoding", "charset"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030")]
)
async def test_a_text_is_served_in_its_own_characters(
    keeper: Api, encoding: str, charset: str
) -> None:
    """Also where the first of them are the same in every encoding."""
    root = await make.root(keeper)
    content = ("x" * 10_000 + "关于群众路线的心得体会").encode(encoding)
    made = await sent(keeper, root, b'filename="a.txt"', content)
    answer = await keeper.send("GET", f"/v1/attachments/{made.json()['id']}/content", expect=200)
    assert answer.headers["content-type"] == f"text/plain; charset={charset}"
    assert answer.content == content
    wrong = await sent(keeper, root, b'filename="a.txt"', content + b"\xff\xff\xff")
    assert problems(wrong.json()) == {("/file", "type_mismatch")}


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), kind) + content


def photo(*, method: int = 0) -> bytes:
    """Return a photo of a phone with one item of metadata, which is all that is in it."""
    kind = box(b"ftyp", b"heic" + bytes(4) + b"mif1")

    def meta(start: int) -> bytes:
        entry = box(b"infe", bytes([2, 0, 0, 0]), struct.pack(">HH4s", 1, 0, b"Exif"), b"\0")
        places = struct.pack(">HHHHII", 1, method, 0, 1, start, len(WHERE))
        return box(
            b"meta", bytes(4),
            box(b"iinf", bytes(4), struct.pack(">H", 1), entry),
            box(b"iloc", bytes([1, 0, 0, 0, 0x44, 0]), struct.pack(">H", 1), places),
        )  # fmt: skip

    start = len(kind) + len(meta(0)) + 8
    return kind + meta(start) + box(b"mdat", WHERE, b"a picture")


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.ofd", document("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.et", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/wps-office.et"),
        ("a.heic", photo(), "image/heic"),
    ],
)
async def test_kinds_are_taken_for_what_they_are(
    keeper: Api, name: str, content: bytes, media_type: str
) -> None:
    root = await make.root(keeper)
    made = await sent(keeper, root, f'filename="{name}"'.encode(), content)
    assert made.status_code == 201, made.text
    assert made.json()["media_type"] == media_type
    wrong = await sent(keeper, root, f'filename="{name}"'.encode(), document("x.xml"))
    assert problems(wrong.json()) == {("/file", "type_mismatch")}


async def test_a_photo_of_a_phone_keeps_its_picture_only(keeper: Api) -> None:
    root = await make.root(keeper)
    made = (await sent(keeper, root, b'filename="a.heic"', photo())).json()
    answer = await keeper.send("GET", f"/v1/attachments/{made['id']}/content", expect=200)
    assert answer.content == photo().replace(WHERE, bytes(len(WHERE)))
    for broken in (photo(method=1), photo()[:60], photo()[:24] + box(b"moov")):
        refused = await sent(keeper, root, b'filename="a.heic"', broken)
        assert problems(refused.json()) == {("/file", "broken_image")}


async def test_instants_are_taken_to_the_nanosecond_and_told_in_utc(keeper: Api) -> None:
    for given in ("2099-01-01T08:00:00.123456789+08:00", "2099-01-01t00:00:00.123456Z"):
        body = {"name": given, "description": "x"}
        client = await keeper.post("/v1/clients", body)
        key = await keeper.post(f"/v1/clients/{client['id']}/keys", {"expires_at": given})
        assert key["expires_at"] == "2099-01-01T00:00:00.123456Z"
