"""Files: judged by their bytes, kept for their organization, given out only to be saved."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.db import Database
from app.features.attachments import rules, service
from app.kit.storage import Storage
from tests.support import factories as make
from tests.support.client import Api, problems, started

pytestmark = pytest.mark.one_database

EXIF_ORIENTATION, EXIF_MAKER, EXIF_GPS = 0x0112, 0x010F, 0x8825


@pytest.fixture
async def keeper(database: Database, database_url: str, tmp_path: Path) -> Api:
    return await started(database, database_url, storage_url=str(tmp_path))


async def upload(api: Api, org: Any, name: str, content: bytes, *, expect: int = 201) -> Any:
    response = await api.http.post(
        "/v1/attachments", files={"file": (name, content)}, data={"org_id": org["id"]}
    )
    assert response.status_code == expect, response.text
    return response.json()


def photo() -> bytes:
    image = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    exif[EXIF_MAKER] = "the camera of somebody"
    exif.get_ifd(EXIF_GPS)[1] = "N"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def document(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


async def test_a_file_comes_back_as_it_was_and_only_to_be_saved(keeper: Api) -> None:
    root = await make.root(keeper)
    content = "%PDF-1.7 心得".encode()
    made = await upload(keeper, root, "C:\\报送\\心得体会.pdf", content)
    assert made["filename"] == "心得体会.pdf"
    assert made["media_type"] == "application/pdf"
    assert made["size"] == len(content)
    response = await keeper.send("GET", f"/v1/attachments/{made['id']}/content", expect=200)
    assert response.content == content
    assert response.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%E5%BF%83" in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in response.headers["content-security-policy"]


async def test_a_photo_loses_its_metadata_and_stands_upright(keeper: Api) -> None:
    made = await upload(keeper, await make.root(keeper), "现场.jpg", photo())
    response = await keeper.send("GET", f"/v1/attachments/{made['id']}/content", expect=200)
    with Image.open(io.BytesIO(response.content)) as image:
        assert image.size == (20, 40)
        assert not dict(image.getexif())
    assert b"somebody" not in response.content


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.exe", b"MZ", "forbidden_type"),
        ("a", b"text", "forbidden_type"),
        ("a.svg", b"<svg onload=alert(1)>", "forbidden_type"),
        ("a.pdf", b"", "empty_file"),
        ("a.pdf", b"<html>", "type_mismatch"),
        ("a.txt", b"<!DOCTYPE html><script>", "type_mismatch"),
        ("a.txt", b"a\x00b", "type_mismatch"),
        ("a.jpg", b"\xff\xd8\xffnot a picture", "broken_image"),
        ("a.docx", b"PK\x03\x04 broken", "type_mismatch"),
        ("a.docx", document("[Content_Types].xml", "xl/workbook.xml"), "type_mismatch"),
        ("a.xlsx", document("[Content_Types].xml", "xl/w.xml", "xl/vbaProject.bin"),
         "type_mismatch"),
    ],
)  # fmt: skip
async def test_what_is_not_what_it_says_is_refused(
    keeper: Api, name: str, content: bytes, code: str
) -> None:
    wrong = await upload(keeper, await make.root(keeper), name, content, expect=422)
    assert problems(wrong) == {("/file", code)}
    assert not await keeper.all("/v1/attachments")


async def test_office_files_and_texts_are_taken(keeper: Api) -> None:
    root = await make.root(keeper)
    for name, content in (
        ("a.docx", document("[Content_Types].xml", "word/document.xml")),
        ("a.xlsx", document("[Content_Types].xml", "xl/workbook.xml")),
        ("a.txt", "群众路线".encode("gb18030") * 2000),
        ("a.md", "群众路线".encode() * 2000),
    ):
        await upload(keeper, root, name, content)
    assert len(await keeper.all("/v1/attachments", org_id=root["id"])) == 4


async def test_nobody_unknown_uploads_and_nothing_too_large_is_taken(keeper: Api) -> None:
    root = await make.root(keeper)
    await upload(keeper.with_key(None), root, "a.txt", b"text", expect=401)
    keeper.app.state.settings.max_attachment_bytes = 2048
    response = await keeper.http.post(
        "/v1/attachments",
        files={"file": ("a.txt", b"x" * 30_000_000)},
        data={"org_id": root["id"]},
    )
    assert response.status_code == 413


async def test_the_same_upload_under_one_key_is_kept_once(keeper: Api) -> None:
    root = await make.root(keeper)
    answers = [
        await keeper.http.post(
            "/v1/attachments",
            files={"file": ("a.txt", content)},
            data={"org_id": root["id"]},
            headers={"Idempotency-Key": "k1"},
        )
        for content in (b"one", b"one", b"two")
    ]
    assert [a.status_code for a in answers] == [201, 201, 422]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(await keeper.all("/v1/attachments")) == 1


async def test_bytes_without_a_row_are_swept_after_a_day(
    keeper: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await make.root(keeper)
    kept = await upload(keeper, root, "a.txt", b"kept")
    gone = await upload(keeper, root, "b.txt", b"gone")
    await keeper.change("DELETE", f"/v1/attachments/{gone['id']}", expect=204)
    storage = Storage(str(tmp_path))
    async with keeper.database.writing() as session:
        assert await service.sweep(session, storage) == 0
    monkeypatch.setattr(service, "SWEEP_AFTER", -service.SWEEP_AFTER)
    async with keeper.database.writing() as session:
        assert await service.sweep(session, storage) == 1
    await keeper.send("GET", f"/v1/attachments/{kept['id']}/content", expect=200)


def test_names_say_what_they_are() -> None:
    assert rules.disposition('a"b.txt').startswith('attachment; filename="a\\"b.txt"')
    assert rules.safe_name("../../etc/passwd") == "passwd"
