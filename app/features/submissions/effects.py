"""What becomes of submissions in a batch, each with what it counts for."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.obligations import service as obligations
from app.features.obligations.schemas import CountsFor, NearMiss
from app.features.submissions.schemas import OUTCOME
from app.features.submissions.upserting import Done
from app.http import batches
from app.http.batches import ItemResult
from app.kit.language import Language
from app.kit.problems import Problem
from app.models.vocabulary import Outcome

_LONGEST_ID: Final = 64


class SubmittedItem(ItemResult):
    """What became of one submission, and what it counts for."""

    index: int = Field(default=0, description="Its place in the batch, from 0. 在本批中的序号。")
    external_id: str | None = Field(default=None, description="As it was sent. 所报送的来源编号。")
    outcome: Outcome = Field(default=Outcome.REFUSED, description=OUTCOME)
    counts_for: list[CountsFor] | None = Field(
        default=None,
        description="What it counts for, or a draft would; null of what was sent before, which "
        "tells it at `…/effects`. 计入（草稿报送后将计入）哪些任务；此前已报送的为空，请查 "
        "`…/effects`。",
    )
    near_misses: list[NearMiss] | None = Field(
        default=None, description="What is nearly met by it. 接近完成而未计入的任务及所缺内容。"
    )


class OutcomeCounts(BaseModel):
    """How many submissions of a batch came to what."""

    created: int = Field(default=0, description="New. 新建条数。")
    updated: int = Field(default=0, description="Changed to what was sent. 更新条数。")
    unchanged: int = Field(default=0, description="There already. 未变条数。")
    refused: int = Field(default=0, description="Wrong. 未受理条数。")


class SubmittedBatch(BaseModel):
    """One result for each submission, in order."""

    atomic: bool
    applied: Literal[True] = True
    counts: OutcomeCounts = Field(description="How many came to what. 各处理结果的条数。")
    data: list[SubmittedItem]


def describe(done: Done) -> dict[str, Any]:
    """Return what became of one of a batch."""
    return {
        "status": done.status,
        "id": done.id,
        "revision": done.revision,
        "outcome": done.outcome,
    }


def tell(
    session: AsyncSession, caller: Principal, record_id: UUID, language: Language
) -> dict[str, Any]:
    """Return what one of a batch counts for, as far as it was found out in counting it."""
    known = obligations.is_known(session, record_id)
    return obligations.tell(session, caller, record_id, language) if known else {}


def answer(
    batch: batches.Batch[Any],
    done: Mapping[int, SubmittedItem],
    problems: Mapping[int, Problem],
    render: Callable[[Problem, int], dict[str, Any]],
) -> SubmittedBatch:
    """Return one result for each item of a batch, as `batches.results` does."""
    found = batches.list_results(batch, done, problems, render, SubmittedItem)
    for index, (item, result) in enumerate(zip(batch.items, found, strict=True)):
        result.index, result.external_id = index, _external_id(item)
    counts = OutcomeCounts.model_validate(Counter(str(result.outcome) for result in found))
    return SubmittedBatch(atomic=batch.atomic, counts=counts, data=found)


def _external_id(item: Any) -> str | None:
    """Return what an item, read or not, says of its id at the caller's."""
    given = item.get("external_id") if isinstance(item, Mapping) else None
    return given[:_LONGEST_ID] if isinstance(given, str) else None
