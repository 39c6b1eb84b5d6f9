"""What becomes of submissions in a batch, each with what it counts for."""

from collections.abc import Callable, Mapping
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.features.obligations import service as obligations
from app.features.obligations.schemas import CountsFor, NearMiss
from app.http import batches
from app.http.batches import ItemResult
from app.kit.language import Language
from app.kit.problems import Problem


class SubmittedItem(ItemResult):
    """What became of one submission, and what it counts for."""

    counts_for: list[CountsFor] | None = Field(
        default=None,
        description="What it counts for, or a draft would; null of what was sent before, which "
        "tells it at `…/effects`. 计入（草稿报送后将计入）哪些任务；此前已报送的为空，请查 "
        "`…/effects`。",
    )
    near_misses: list[NearMiss] | None = Field(
        default=None, description="What is nearly met by it. 接近完成而未计入的任务及所缺内容。"
    )


class SubmittedBatch(BaseModel):
    """One result for each submission, in order."""

    atomic: bool
    applied: Literal[True] = True
    data: list[SubmittedItem]


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
    return SubmittedBatch(atomic=batch.atomic, data=found)
