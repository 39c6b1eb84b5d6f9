"""Tables into the service: sent, planned, and the plan that was seen carried out."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from app.client.answers import Import, Job
from app.client.calls import Answer, Client, OnBytes
from app.client.failures import ProblemError
from app.client.files import Received
from app.client.names import OnError, Resource
from app.client.waiting import OnProgress, wait

_UNDER_WAY: Final = frozenset({"parsing", "applying"})


def send(  # noqa: PLR0913 - the fields of the form, each by its name
    client: Client,
    file: Path,
    resource: Resource,
    *,
    on_error: OnError | None = None,
    mapping: Mapping[str, str | None] | None = None,
    source: str | None = None,
    campaign_id: str | None = None,
    org_id: str | None = None,
    on_sent: OnBytes | None = None,
) -> Import:
    """Send a table, of which the service then makes a plan. Nothing is written yet."""
    fields = {
        "resource": resource,
        "mode": "preview",
        "on_error": on_error,
        "mapping": json.dumps(mapping, ensure_ascii=False) if mapping else None,
        "source": source,
        "campaign_id": campaign_id,
        "org_id": org_id,
    }
    answer = client.upload("/v1/imports", file, fields, on_sent=on_sent)
    return Import.of(client, answer)


def read(client: Client, import_id: str) -> Import:
    """Return an import as it is now."""
    return _read(client, import_id)[0]


def wait_for(client: Client, import_id: str, *, on_progress: OnProgress | None = None) -> Import:
    """Return an import once nothing is being done for it: planned, applied, failed, cancelled."""

    def look() -> tuple[Import, Answer]:
        found, answer = _read(client, import_id)
        if on_progress is not None and found.status in _UNDER_WAY and found.job_id:
            _tell(client, found.job_id, on_progress)
        return found, answer

    return wait(client, look, lambda found: found.status not in _UNDER_WAY)


def apply(client: Client, planned: Import) -> Import:
    """Have exactly the plan carried out that `planned` shows; wait for its end with `wait_for`."""
    answer = client.post(f"{_path(planned.id)}/apply", if_match=f'"{planned.revision}"')
    return Import.of(client, answer)


def download_result(client: Client, import_id: str, to: Path) -> Received:
    """Keep the table that was sent, with what is wrong marked in it."""
    return client.download(f"{_path(import_id)}/result", to)


def _read(client: Client, import_id: str) -> tuple[Import, Answer]:
    answer = client.get(_path(import_id))
    return Import.of(client, answer), answer


def _tell(client: Client, job_id: str, on_progress: OnProgress) -> None:
    try:
        job = Job.of(client, client.get(f"/v1/jobs/{job_id}"))
    except ProblemError:  # an import is its sender's, its job seen by who has the organization
        return
    on_progress(job.progress.done, job.progress.total)


def _path(import_id: str) -> str:
    return f"/v1/imports/{quote(import_id, safe='')}"
