"""LibreOffice opens every export, and what it reads is what was written."""

import csv
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from app.kit.formulas import unguard
from app.models.vocabulary import ExportKind
from tests.support.exporting import fetched
from tests.support.places import Place

OFFICE = shutil.which("soffice")
DOCUMENTS = {"bulletin", "circular"}
TABLES = [kind.value for kind in ExportKind if kind.value not in DOCUMENTS]

pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")


ON_ONE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
"""The files are the same, whatever the database."""


def converted(folder: Path, files: dict[str, bytes], to: str) -> dict[str, str]:
    """Files as LibreOffice reads them, as text, by name: all in one run, for it starts slowly."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    command = [
        OFFICE or "", "--headless", f"-env:UserInstallation=file://{folder}/profile",
        "--convert-to", to, "--outdir", str(folder / "out"), *(str(folder / n) for n in files),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    ending = to.partition(":")[0]
    found = {name: folder / "out" / f"{Path(name).stem}.{ending}" for name in files}
    return {name: path.read_text(encoding="utf-8-sig") for name, path in found.items()}


@ON_ONE
async def test_tables_open_and_come_back_equal(place: Place, tmp_path: Path) -> None:
    await place.activity(
        title="=SUM(1)",
        summary="第一行\n第二行",
        members_due=1234,
        participants=[{"leader_id": place.leader["id"]}],
        findings=[{"check": "methods", "description": "@方法"}],
        opinions=[{"field": "social", "source_group": "public", "content": "-看病远"}],
    )
    reception = {"office": "一室", "delegate_level": "county", "delegates": 2, "people_received": 9}
    await place.activity(kind="delegate_reception", details=reception)
    await place.report(title="+动态")
    books, wanted = {}, {}
    for kind in TABLES:
        books[f"{kind}.xlsx"] = await fetched(place.reviewer, kind, place.campaign, "xlsx")
        text = await fetched(place.reviewer, kind, place.campaign, "csv")
        wanted[f"{kind}.xlsx"] = list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))[1:]
    # Comma, double quote, UTF-8.
    found = converted(tmp_path, books, "csv:Text - txt - csv (StarCalc):44,34,76,1")
    for name, written in wanted.items():
        rows = list(csv.reader(io.StringIO(found[name], newline="")))[-len(written) :]
        shown = [[_plain(unguard(cell)) for cell in row] for row in written]
        assert [list(map(_plain, row)) for row in rows] == shown, name


@ON_ONE
async def test_documents_open(place: Place, tmp_path: Path) -> None:
    report = await place.report(title="一篇体会")
    path = f"/v1/campaigns/{place.campaign['id']}/snapshots"
    body = {"unit_id": place.unit["id"], "title": "关于进展情况的通报"}
    snapshot = await place.root_reviewer.post(path, body)
    files: dict[str, bytes] = {}
    filters: dict[str, Any] = {
        "bulletin": {"report_ids": [report["id"]], "issue": 1},
        "circular": {"snapshot_id": snapshot["id"]},
    }
    for kind, wanted in filters.items():
        content = await fetched(place.reviewer, kind, place.campaign, "docx", filter=wanted)
        files[f"{kind}.docx"] = content
    found = converted(tmp_path, files, "txt:Text (encoded):UTF8")
    assert "一篇体会" in found["bulletin.docx"]
    assert "关于进展情况的通报" in found["circular.docx"]


def _plain(cell: str) -> str:
    """A cell without the difference between 1 and 1.0, 1234 and 1,234, 0.5 and 50.0%."""
    try:
        number = cell.removesuffix("%").replace(",", "")
        return str(float(number) / (100 if cell.endswith("%") else 1))
    except ValueError:
        return cell
