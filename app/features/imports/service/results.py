"""What became of a file: its own workbook with one column more, or lines for programs."""

import asyncio
import json
import tempfile
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from app.features.imports.errors import NoResultYet
from app.features.imports.queries import imports as queries
from app.features.imports.rules.columns import letters
from app.features.imports.service import answers
from app.features.imports.service.receiving import MEMORY
from app.kit.language import Language, Text
from app.kit.sandbox import Sandbox
from app.kit.tables import marking
from app.models import Import, ImportRow

HEADING: Final = Text("导入结果", "Import result")
_NOTE: Final = Text("提示：{said}", "Note: {said}")
_IDLE: Final = Text("未计入：{said}", "Counts for nothing: {said}")
_ELSEWHERE: Final = Text("工作表“{sheet}”第 {line} 行有误", "Sheet “{sheet}”, row {line} is wrong")
_COLUMN: Final = Text("“{heading}”：{said}", "“{heading}”: {said}")


async def as_lines(session: AsyncSession, row: Import, language: Language) -> bytes:
    """Return what became of each row as lines of JSON."""
    rows = await _rows(session, row)
    told = answers.lines(row, rows, language)
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in told)


async def as_table(
    session: AsyncSession, sandbox: Sandbox, row: Import, language: Language
) -> bytes:
    """Return the file with what is wrong in it, lines as lines; raises `NoResultYet`."""
    rows = await _rows(session, row)
    content = await queries.get_content(session, row.id)
    told = _told(row, rows)
    marks = {
        "heading": HEADING.say(language),
        "encoding": row.found.get("encoding"),
        "delimiter": row.found.get("delimiter"),
        "sheets": {
            str(place): _marks(sheet, told[place], language)
            for place, sheet in enumerate(row.found["sheets"])
            if sheet["read"]
        },
    }
    if row.found["format"] == "ndjson":
        return await as_lines(session, row, language)
    packed = await asyncio.to_thread(_packed, marks, content)
    with packed:
        marked = await sandbox.run(
            marking.__name__, "mark", packed, row.found["format"], memory=MEMORY
        )
    with marked:
        return await asyncio.to_thread(marked.read)


async def _rows(session: AsyncSession, row: Import) -> Sequence[ImportRow]:
    if row.planned_at is None:
        raise NoResultYet
    return await queries.list_rows(session, row.id)


def _packed(marks: dict[str, Any], content: bytes) -> IO[bytes]:
    """Return what the sandbox reads, as a file that a process can be given."""
    packed: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's to close
    packed.write(marking.pack(marks, zlib.decompress(content)))
    return packed


def _marks(
    sheet: dict[str, Any], told: Mapping[int, "_Told"], language: Language
) -> dict[str, Any]:
    headings = [HEADING.zh, HEADING.en]
    known = [at for at, heading in enumerate(sheet["headings"]) if heading in headings]
    place = known[0] if known else max(sheet["width"], len(sheet["headings"]))
    return {
        "line": sheet["heading_line"],
        "column": letters(place),
        "again": bool(known),
        "rows": {
            str(line): (
                each.sentence(language),
                [error["column"] for error in each.errors if error["column"]],
            )
            for line, each in told.items()
        },
    }


@dataclass(slots=True)
class _Told:
    """What is to be said of one line."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    """Why it counts for nothing."""
    elsewhere: dict[tuple[str, int], None] = field(default_factory=dict)
    """Sheets and lines that are wrong and belong to it."""

    def sentence(self, language: Language) -> str:
        """Return everything in one sentence."""
        said = [_of_cell(error, language) for error in self.errors]
        said += [_ELSEWHERE.say(language, sheet=sheet, line=line) for sheet, line in self.elsewhere]
        said += [_NOTE.say(language, said=_of_cell(told, language)) for told in self.warnings]
        said += [_IDLE.say(language, said=reason[language]) for reason in self.reasons]
        return ("; " if language == "en" else "；").join(said)


def _told(row: Import, rows: Sequence[ImportRow]) -> dict[int, dict[int, _Told]]:
    """Return what is to be said, by sheet and line: parts stand in sheets of their own."""
    found: dict[int, dict[int, _Told]] = defaultdict(lambda: defaultdict(_Told))
    for each in rows:
        if each.reasons:
            found[each.sheet][each.line].reasons += each.reasons
        for error in each.errors:
            sheet, line = error.get("sheet", each.sheet), error.get("line", each.line)
            found[sheet][line].errors.append(error)
            if (sheet, line) != (each.sheet, each.line):
                name = row.found["sheets"][sheet]["name"]
                found[each.sheet][each.line].elsewhere[name, line] = None
        for warning in each.warnings:
            sheet, line = warning.get("sheet", each.sheet), warning.get("line", each.line)
            found[sheet][line].warnings.append(warning)
    return found


def _of_cell(told: dict[str, Any], language: Language) -> str:
    if told["heading"] is None:
        return str(told[language])
    return _COLUMN.say(language, heading=told["heading"], said=told[language])
