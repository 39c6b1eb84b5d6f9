"""Why rows that were written count for nothing, told as the transaction has counted them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.imports.queries import duties
from app.features.obligations import service as obligations
from app.features.obligations.schemas import CountsFor, NearMiss
from app.kit.language import Language, Text

MOST: Final = 50
"""Different reasons that an import shows."""
_LINES: Final = 20
_WAITS: Final = Text("审核通过后计入“{title}”", "counts for “{title}” once it is accepted")
_LACKS: Final = Text("“{title}”：{missing}", "“{title}”: {missing}")
_NONE: Final = Text("没有要求与之对应的工作任务", "nothing that is asked for is met by it")


async def keep_reasons(
    session: AsyncSession, caller: Principal, import_id: UUID, numbers: Sequence[int]
) -> None:
    """Keep why those of these rows that count for nothing do not count."""
    idle = await duties.list_idle(session, import_id, numbers)
    told = {row.number: [_reason(session, caller, row.record_id)] for row in idle}
    await duties.set_reasons(session, import_id, told)
    obligations.forget_all(session)


async def gather(session: AsyncSession, import_id: UUID) -> list[dict[str, Any]]:
    """Return the reasons of all rows, the most frequent first."""
    lines: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for row in await duties.list_reasons(session, import_id):
        for each in row.reasons:
            lines[each["code"], each["zh"], each["en"]].append(row.line)
    often = sorted(lines.items(), key=lambda item: -len(item[1]))[:MOST]
    return [
        {"code": code, "zh": zh, "en": en, "rows": len(of), "lines": of[:_LINES]}
        for (code, zh, en), of in often
    ]


def _reason(session: AsyncSession, caller: Principal, record_id: UUID) -> dict[str, Any]:
    code, zh = _told(session, caller, record_id, "zh")
    return {"code": code, "zh": zh, "en": _told(session, caller, record_id, "en")[1]}


def _told(
    session: AsyncSession, caller: Principal, record_id: UUID, language: Language
) -> tuple[str, str]:
    """Return the reason by which a record is nearest to counting."""
    if obligations.is_known(session, record_id):
        told = obligations.tell(session, caller, record_id, language, most_near=1)
        counts_for: list[CountsFor] = told["counts_for"]
        near_misses: list[NearMiss] = told["near_misses"]
        for counted in counts_for:
            return "waits", _WAITS.say(language, title=counted.title)
        for miss in near_misses:
            missing = ("; " if language == "en" else "；").join(miss.missing)
            return "lacks", _LACKS.say(language, title=miss.title, missing=missing)
    return "asked_by_none", _NONE.say(language)
