"""Files out of the service: asked for, made by it, kept here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from app.client.answers import Export
from app.client.calls import Answer, Client, OnBytes
from app.client.files import Received
from app.client.names import ExportFormat, ExportKind
from app.client.waiting import OnProgress, wait
from app.kit.language import Language

_OVER: Final = frozenset({"succeeded", "failed", "cancelled"})


def ask(  # noqa: PLR0913 - the fields of the body, each by its name
    client: Client,
    kind: ExportKind,
    export_format: ExportFormat,
    campaign_id: str,
    *,
    unit_id: str | None = None,
    wanted: Mapping[str, Any] | None = None,
    language: Language = "zh",
) -> Export:
    """Ask for a file; `wanted` is the filter of its kind."""
    body: dict[str, Any] = {
        "kind": kind, "format": export_format, "campaign_id": campaign_id, "lang": language,
    }  # fmt: skip
    if unit_id is not None:
        body["unit_id"] = unit_id
    if wanted is not None:
        body["filter"] = dict(wanted)
    return Export.of(client, client.post("/v1/exports", body))


def wait_for(client: Client, export_id: str, *, on_progress: OnProgress | None = None) -> Export:
    """Return an export once it is made, failed or cancelled."""

    def look() -> tuple[Export, Answer]:
        answer = client.get(_path(export_id))
        found = Export.of(client, answer)
        if on_progress is not None:
            on_progress(found.progress.done, found.progress.total)
        return found, answer

    return wait(client, look, lambda found: found.status in _OVER)


def download(
    client: Client, export_id: str, to: Path, *, on_received: OnBytes | None = None
) -> Received:
    """Keep the file of an export that is made."""
    return client.download(f"{_path(export_id)}/file", to, on_received=on_received)


def _path(export_id: str) -> str:
    return f"/v1/exports/{quote(export_id, safe='')}"
