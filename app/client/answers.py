"""Answers as types. What a newer service says beside is kept, and handed on in `document`."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from app.client.calls import Answer, Client
from app.client.failures import UnexpectedAnswerError


class _Read(BaseModel):
    """Something that was read: what is not known here is no fault."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def document(self) -> dict[str, Any]:
        """All of it as JSON, also what has no field here."""
        return self.model_dump(mode="json")


class Record(_Read):
    """An answer that is a record."""

    @classmethod
    def of(cls, client: Client, answer: Answer) -> Self:
        """Return the record that the service answered."""
        try:
            return cls.model_validate(answer.body)
        except ValidationError as error:
            raise UnexpectedAnswerError(client.url, answer.status) from error


class Progress(_Read):
    """How far a job has come."""

    done: int
    total: int


class Job(Record):
    """Work in the background."""

    id: str
    status: str
    progress: Progress


class Reason(_Read):
    """Why something failed."""

    code: str
    detail: str


class CellMessage(_Read):
    """Something about one cell, or one row."""

    sheet: str
    row: int
    column: str | None
    heading: str | None
    detail: str


class ResolvedName(_Read):
    """A name in the file, and the record that it was taken for."""

    field: str
    value: str
    id: str
    name: str
    code: str | None
    above: str
    how: str
    rows: int


class ReadSheet(_Read):
    """A sheet of the file, and what was left out of it."""

    name: str
    read: bool
    ignored: list[str] = []
    skipped: list[int] = []


class Plan(_Read):
    """What an import does, or has done."""

    created: int
    updated: int
    unchanged: int
    rejected: int
    errors: list[CellMessage]
    more_errors: int
    warnings: list[CellMessage]
    resolved: list[ResolvedName]


class Import(Record):
    """A file on its way in."""

    id: str
    resource: str
    status: str
    on_error: str
    filename: str
    sheets: list[ReadSheet] = []
    plan: Plan | None
    summary: str | None = None
    job_id: str | None
    problem: Reason | None
    revision: int


class Export(Record):
    """A file that was asked for."""

    id: str
    kind: str
    format: str
    status: str
    progress: Progress
    problem: Reason | None
    filename: str
    rows: int | None
    size: int | None
    sha256: str | None


class Figures(_Read):
    """What became of obligations."""

    due: int
    done: int
    on_time: int
    late: int
    nil: int
    open: int
    overdue: int
    returned: int
    exempt: int
    upcoming: int


class Group(_Read):
    """One part of a whole."""

    type: str
    code: str
    name: str
    short_name: str | None = None
    totals: Figures


class UnitKey(_Read):
    """The organization whose subtree it is."""

    code: str
    name: str


class ProgressReport(Record):
    """The progress of a subtree, and of each group in it."""

    unit: UnitKey
    as_of: str
    group_by: str
    totals: Figures
    groups: list[Group]
