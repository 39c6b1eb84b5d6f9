"""Rules of exports: which formats a kind has, what a file is called."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.models.vocabulary import ExportFormat, ExportKind, ExportStatus

_TABLES: Final = (ExportFormat.XLSX, ExportFormat.CSV, ExportFormat.NDJSON)
_DOCUMENTS: Final = frozenset({ExportKind.BULLETIN, ExportKind.CIRCULAR})
MEDIA_TYPES: Final[Mapping[ExportFormat, str]] = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.NDJSON: "application/x-ndjson",
    ExportFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
OVER: Final = frozenset({ExportStatus.SUCCEEDED, ExportStatus.FAILED, ExportStatus.CANCELLED})


def formats_of(kind: ExportKind) -> tuple[ExportFormat, ...]:
    """Return the formats that a kind can be made as."""
    return (ExportFormat.DOCX,) if kind in _DOCUMENTS else _TABLES


def status_of(job_status: str | None, *, kept: bool) -> ExportStatus:
    """Return how an export stands, by whether its file is kept and by its job, if still known."""
    if kept:
        return ExportStatus.SUCCEEDED
    return ExportStatus.FAILED if job_status is None else ExportStatus.of(job_status)


def name_file(kind: ExportKind, form: ExportFormat, lang: str, day: date) -> str:
    """Return what the file is called where it is saved: its customary name and the day."""
    label = kind.en.replace(" ", "-") if lang == "en" else kind.zh
    for mark in "“”,":
        label = label.replace(mark, "")
    return f"{label}-{day:%Y%m%d}.{form.value}"
