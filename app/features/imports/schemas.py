"""Shapes of imports."""

from datetime import datetime
from typing import Any, Final, Literal, Self
from uuid import UUID

from pydantic import Field

from app.kit.fields import Code, Filter, Input, LongLine, Output, Paragraphs
from app.kit.language import Language, Text
from app.models import Import

ResourceName = Literal[
    "activities", "branches", "divisions", "findings", "leader_records", "leaders",
    "organizations", "reports", "units",
]  # fmt: skip
Mode = Literal["preview", "apply"]
OnError = Literal["reject_all", "skip_bad_rows"]
ImportStatus = Literal["parsing", "planned", "applying", "applied", "failed", "cancelled"]
Action = Literal["created", "updated", "unchanged", "rejected"]


class ImportForm(Input):
    """What is said of a file beside it."""

    resource: ResourceName
    org_id: UUID | None = None
    campaign_id: UUID | None = None
    source: Code | None = None
    mode: Mode = "preview"
    on_error: OnError = "reject_all"
    mapping: Paragraphs | None = None


class ImportFilter(Filter):
    """What a list of imports is narrowed to."""

    resource: list[ResourceName] | None = None
    status: list[ImportStatus] | None = None


class ImportAction(Input):
    """What is to be done with a plan."""

    reason: LongLine | None = None


class CellMessage(Output):
    """Something about one cell, or one row."""

    sheet: str = Field(description="Empty for text files. 工作表，文本文件为空。")
    row: int = Field(description="From 1, as the spreadsheet numbers it. 行号。")
    column: str | None = Field(description="As the spreadsheet calls it: `C`. 列标。")
    heading: str | None = Field(description="The heading of the column. 表头。")
    detail: str


class CellProblem(CellMessage):
    """What is wrong with one cell, or one row."""

    field: str | None = Field(description="The field of the API. 字段。")
    code: str


class ResolvedName(Output):
    """A name in the file, and the record that it was taken for."""

    field: str
    value: str = Field(description="As it is written in the file. 文件中的写法。")
    id: UUID
    name: str
    code: str | None
    above: str = Field(description="The unit above, or that the leader leads. 上级或所在单位。")
    how: Literal["code", "name", "levelled", "with_unit", "unit", "in_file"] = Field(
        description="By what it was found: `levelled` without spaces, 中共, 党支部 or 支部 and "
        "brackets; `with_unit` with the unit above before it; `unit`: of several of one name that "
        "of the row's own unit; `in_file`: another row of the same file. 匹配方式。"
    )
    rows: int


class ReadColumn(Output):
    """A column that is read."""

    column: str = Field(description="As the spreadsheet calls it: `C`. 列标。")
    heading: str = Field(description="The heading of the column. 表头。")
    field: str


class ReadSheet(Output):
    """A sheet of the file, and what is read of it."""

    name: str
    hidden: bool = Field(description="Whether it is hidden in the file. 是否为隐藏工作表。")
    read: bool = Field(description="False: no headings are recognised in it. 是否读取。")
    holds: str | None = Field(
        default=None,
        description="Records of the `resource`, or what belongs to them: `participants`, "
        "`findings`, `opinions`. 所含内容。",
    )
    heading_row: int | None = Field(default=None, description="The row of headings. 表头所在行。")
    columns: list[ReadColumn] = Field(
        default=[], description="The columns that are read. 读取的列。"
    )
    ignored: list[str] = Field(default=[], description="Headings not read. 未读取的列。")
    skipped: list[int] = Field(
        default=[],
        description="Rows that are totals, notes or blank, or places outside. 跳过的行。",
    )


class Plan(Output):
    """What the import does, or has done."""

    created: int = Field(description="Records that are new. 新增条数。")
    updated: int = Field(description="Records that change. 修改条数。")
    unchanged: int = Field(description="Records that are so already. 未变条数。")
    rejected: int = Field(description="Rows that are wrong. 有误行数。")
    errors: list[CellProblem] = Field(description="The first hundred. 前一百处错误。")
    more_errors: int = Field(description="How many more there are. 未列出的错误数。")
    warnings: list[CellMessage] = Field(description="The first hundred. 前一百处提示。")
    resolved: list[ResolvedName] = Field(
        description="Every name that became a record, and how. 名称对应的记录。"
    )


class CountingReason(Output):
    """Why rows count for nothing."""

    code: Literal["waits", "lacks", "asked_by_none"] = Field(
        description="`waits` for a review; `lacks` something that is asked for; `asked_by_none`: "
        "nothing asks for it. 原因类别。"
    )
    detail: str
    rows: int = Field(description="How many rows. 行数。")
    lines: list[int] = Field(description="The first twenty. 前二十行的行号。")


class ImportProblem(Output):
    """Why an import failed."""

    code: str
    detail: str


class ImportOut(Output):
    """A file on its way in."""

    id: UUID
    org_id: UUID
    resource: ResourceName
    status: ImportStatus
    mode: Mode = Field(description="Only a plan, or written at once. 仅预览或直接写入。")
    on_error: OnError
    filename: str
    format: Literal["xlsx", "csv", "ndjson"]
    encoding: str | None = Field(description="Of text files: the encoding found. 文本文件的编码。")
    delimiter: str | None = Field(description="Of text files: between cells. 文本文件的分隔符。")
    source: str | None
    campaign_id: UUID | None
    rows: int = Field(description="Rows with anything in them, headings included. 非空行数。")
    sheets: list[ReadSheet]
    plan: Plan | None = Field(description="Null until it is made. 预览完成前为空。")
    duties_met: int | None = Field(
        description="Applied: duties that are met by what it wrote. 已完成的工作要求数。"
    )
    counting_for_nothing: int | None = Field(
        description="Applied: rows that count towards no duty. 不计入任何要求的行数。"
    )
    reasons: list[CountingReason] = Field(
        description="Applied: why they do not, the most frequent first. 不计入的原因。"
    )
    summary: str | None = Field(description="Applied: what came of it, in one sentence. 结果摘要。")
    job_id: UUID | None
    problem: ImportProblem | None = Field(description="Why it failed. 未能完成的原因。")
    revision: int
    created_at: datetime
    updated_at: datetime
    planned_at: datetime | None
    applied_at: datetime | None

    @classmethod
    def of(
        cls,
        row: Import,
        language: Language,
        *,
        errors: list[CellProblem],
        warnings: list[CellMessage],
        job_failed: dict[str, Any] | None,
    ) -> Self:
        """Return an import as its owner sees it."""
        own = {
            name: getattr(row, name)
            for name in cls.model_fields
            if hasattr(row, name) and name not in {"problem", "plan", "reasons"}
        }
        problem = row.problem or job_failed
        failed = job_failed is not None and row.status in {"parsing", "applying"}
        planned = row.planned_at is not None
        return cls(
            **own | {"status": "failed" if failed else row.status},
            format=row.found["format"],
            encoding=row.found.get("encoding"),
            delimiter=row.found.get("delimiter"),
            reasons=[
                CountingReason.model_validate({**each, "detail": each[language]})
                for each in row.reasons or ()
            ],
            summary=_summary(row, language),
            sheets=[_sheet(sheet) for sheet in row.found["sheets"]],
            plan=_plan(row, errors, warnings) if planned else None,
            problem=ImportProblem(
                code=problem["code"], detail=problem[language]
            ) if problem else None,
        )  # fmt: skip


def _sheet(sheet: dict[str, Any]) -> ReadSheet:
    return ReadSheet.model_validate({**sheet, "heading_row": sheet.get("heading_line")})


_WRITTEN: Final = Text("共写入 {rows} 行", "{rows} rows were written")
_DUTIES: Final = Text("完成工作要求 {met} 项", "{met} duties are met")
_NOTHING: Final = Text(
    "{rows} 行不计入任何要求，原因：{because}", "{rows} count for nothing, because {because}"
)
_TIMES: Final = Text("{said}（{rows} 行）", "{said} ({rows})")
_REASONS_TOLD: Final = 3


def _summary(row: Import, language: Language) -> str | None:
    """Return what came of an import that was written, in one sentence."""
    if row.status != "applied":
        return None
    parts = [_WRITTEN.say(language, rows=row.created + row.updated)]
    if row.duties_met is not None:
        parts.append(_DUTIES.say(language, met=row.duties_met))
    if row.counting_for_nothing:
        told = [
            _TIMES.say(language, said=each[language], rows=each["rows"])
            for each in (row.reasons or ())[:_REASONS_TOLD]
        ]
        because = ("; " if language == "en" else "、").join(told) or "—"
        parts.append(_NOTHING.say(language, rows=row.counting_for_nothing, because=because))
    return "; ".join(parts) + "." if language == "en" else "；".join(parts) + "。"


def _plan(row: Import, errors: list[CellProblem], warnings: list[CellMessage]) -> Plan:
    return Plan(
        created=row.created,
        updated=row.updated,
        unchanged=row.unchanged,
        rejected=row.rejected,
        errors=errors,
        more_errors=max(0, row.errors - len(errors)),
        warnings=warnings,
        resolved=[ResolvedName.model_validate(entry) for entry in row.resolved],
    )
