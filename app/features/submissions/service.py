"""Decisions in the life of a submission: who may do what, reviews, the ledger, the history."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Power, Principal
from app.features.submissions import openness, queries, rules
from app.features.submissions.errors import (
    IN_PAST,
    OtherRevision,
    OwnSubmission,
    WrongState,
)
from app.features.submissions.rules import SUBMISSION, Side, Table
from app.features.submissions.schemas import DifferenceOut, HistoryEntry, HistoryOut, ReviewOut
from app.kit import clock, ids
from app.kit.problems import Forbidden, Invalid
from app.kit.validation import REQUIRED
from app.models import Review, Revision

_UNREMARKABLE: Final = frozenset({"allowed_actions", "revision", "updated_at"})
"""What of an answer is no content: left out of differences."""
_SIDES: Final = {
    (owner, level, other): frozenset(
        side
        for side, stands in (
            (Side.OWNER, owner), (Side.LEVEL, level), (Side.SUPERIOR, level and other),
        )
        if stands
    )
    for owner in (False, True)
    for level in (False, True)
    for other in (False, True)
}  # fmt: skip
"""Owner, at the level, not an author → the sides; made once, for lists have many records."""


class Reviewable(openness.InCampaign, Protocol):
    """A submission of any kind."""

    id: Any
    org_id: Any
    status: Any
    revision: Any

    @property
    def barred(self) -> Collection[str]:
        """Names of the principals who may not decide on it."""


@dataclass(frozen=True, slots=True)
class ReviewContext:
    """Where submissions stand: paths of organizations, status and `counts_from` of campaigns."""

    paths: Mapping[UUID, str]
    campaigns: Mapping[UUID, tuple[str, str]]


class Answer(Protocol):
    """The answer of a record that has a history."""

    id: UUID
    revision: int
    created_at: datetime

    def model_dump(self, *, mode: str, exclude: set[str]) -> dict[str, Any]:
        """Return its fields but these."""

    def model_dump_json(self) -> str:
        """Return all of them as JSON."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one record, for its history and for the feed of changes."""

    record: str
    act: str
    before: BaseModel
    after: Answer
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    other_org_id: UUID | None = None
    """Another organization that sees the record."""


async def load_context(session: AsyncSession, records: Collection[Reviewable]) -> ReviewContext:
    """Return where these submissions stand: two statements, however many they are."""
    levels = (getattr(r, "level_id", None) for r in records)
    owners = {r.org_id for r in records} | {level for level in levels if level is not None}
    return ReviewContext(
        await queries.load_paths(session, owners),
        await queries.load_campaigns(
            session, {id_ for r in records for id_ in openness.campaigns_of(r)}
        ),
    )


def caller_roles(caller: Principal, record: Reviewable, context: ReviewContext) -> frozenset[Side]:
    """Return from which sides the caller comes to a submission."""
    own, level = context.paths[record.org_id], level_path(record, context)
    return sides_of(caller, own, level, record.barred)


def sides_of(
    caller: Principal, own_path: str, level: str, barred: Collection[str]
) -> frozenset[Side]:
    """Return the sides by the paths of a submission's organization and of the unit reviewing it."""
    at_level = caller.may(Power.REVIEW, level)
    other = at_level and caller.name not in barred
    return _SIDES[caller.may(Power.REPORT, own_path), at_level, other]


def find_actions(
    caller: Principal,
    record: Reviewable,
    context: ReviewContext,
    table: Table = SUBMISSION,
    *,
    as_owner: bool = False,
) -> list[str]:
    """Return what the caller may do with a submission next; `as_owner`: it is about them."""
    sides = caller_roles(caller, record, context)
    sides |= {Side.OWNER} if as_owner else set()
    found = rules.allowed(table, record.status, sides)
    stages = {context.campaigns[id_][0] for id_ in openness.campaigns_of(record)}
    return rules.narrowed_by_all(found, stages, record.status)


def level_path(record: Reviewable, context: ReviewContext) -> str:
    """Return the path of the unit reviewing a submission: the one above, or its present level."""
    level_id = getattr(record, "level_id", None)
    if level_id is not None and level_id != record.org_id:
        return context.paths[level_id]
    return above(context.paths[record.org_id])


def above(path: str) -> str:
    """Return the path of the unit above; the root is its own superior."""
    return ids.above(path) or path


def judge_move(action: str, status: str, table: Table = SUBMISSION) -> str:
    """Return the state after an action, or raise `WrongState`."""
    result = rules.after(table, action, status)
    if result is None:
        raise WrongState(status=status)
    return result


def require_editable(status: str) -> None:
    """Raise `WrongState` unless the content may still be changed."""
    judge_move("edit", status)


def add_author(caller: Principal, authors: Sequence[str]) -> list[str]:
    """Return the authors of a submission once this caller has written or submitted it."""
    return [*authors, *({caller.name} - set(authors))]


async def decide(
    session: AsyncSession,
    caller: Principal,
    record: Reviewable,
    review: Review,
    table: Table = SUBMISSION,
) -> str:
    """Write a superior's decision on a submission; return the state that it leads to.

    `review` holds what the reviewer said: decision, revision and so on; who and for which
    level is filled in. Raises whatever stands against it.
    """
    context = await load_context(session, [record])
    path = level_path(record, context)
    if not caller.may(Power.REVIEW, path):
        raise Forbidden
    if caller.name in record.barred:
        raise OwnSubmission
    if table[review.decision].reasoned and not review.reason:
        raise Invalid([REQUIRED.at("/reason")])
    if review.resubmit_by is not None and review.resubmit_by < clock.today():
        raise Invalid([IN_PAST.at("/resubmit_by")])
    if review.revision != record.revision:
        raise OtherRevision(current=record.revision)
    if review.decision == "accept":
        await openness.require_any_open(session, record)
    else:
        await openness.require_all_open(session, record, or_settling=True)
    status = judge_move(review.decision, record.status, table)
    call = events.call_of(session)
    review.id = ids.new_id()
    review.org_id, review.record_id = record.org_id, record.id
    await _place(session, caller, review, path)
    review.client_id, review.actor = call.client_id, call.actor
    review.on_day = clock.today()
    queries.keep(session, review)
    await session.flush()
    change = events.Change("review.created", review.id, review.org_id, review.revision, row=review)
    await events.record(session, change)
    return status


async def _place(session: AsyncSession, caller: Principal, review: Review, path: str) -> None:
    """Say which unit decides: a superior that does so in its subordinate's place is itself."""
    own = caller.nearest(Power.REVIEW, path)
    known = await queries.load_organization_ids(session, [path, own])
    review.level_id = known[own]
    review.for_level_id = known[path] if own != path else None


async def record_changes(session: AsyncSession, org_id: UUID, *steps: Step) -> None:
    """Keep what records were before their changes, and tell of the changes."""
    call = events.call_of(session)
    changes = []
    for step in steps:
        identifier, revision = step.after.id, step.after.revision
        before = step.before.model_dump(mode="json", exclude=set(_UNREMARKABLE))
        queries.keep(
            session,
            Revision(
                org_id=org_id, record=step.record, record_id=identifier, revision=revision,
                act=step.act, reason=step.reason, before=before, client_id=call.client_id,
                actor=call.actor,
            ),
        )  # fmt: skip
        data = {**step.data, **({"reason": step.reason} if step.reason else {})}
        changes.append(
            events.Change(
                f"{step.record}.{step.act}", identifier, org_id, revision,
                step.before.model_dump_json(), step.after.model_dump_json(), data or None,
                other_org_id=step.other_org_id,
            )
        )  # fmt: skip
    await session.flush()
    await events.record(session, *changes)


async def load_reviews(
    session: AsyncSession, record_ids: Collection[UUID]
) -> dict[UUID, list[ReviewOut]]:
    """Map records to the decisions on them, the first one first."""
    found = await queries.load_decisions(session, record_ids)
    return {record_id: [_review_out(row) for row in rows] for record_id, rows in found.items()}


async def load_history(session: AsyncSession, record: str, current: Answer) -> HistoryOut:
    """Return every revision of a record with what it changed; `current` is its answer now."""
    found = await load_histories(session, record, [current])
    return HistoryOut(data=found[current.id])


async def load_histories(
    session: AsyncSession, record: str, answers: Collection[Answer]
) -> dict[UUID, list[HistoryEntry]]:
    """Return the histories of several records: two statements, however many they are."""
    known = [answer.id for answer in answers]
    kept = await queries.load_revisions(session, known)
    created = await queries.load_creations(session, record, known)
    result = {}
    for answer in answers:
        rows = kept.get(answer.id, [])
        now = answer.model_dump(mode="json", exclude=set(_UNREMARKABLE))
        states = rules.states_of([row.before for row in rows], now)
        first = created.get(answer.id)
        begin = HistoryEntry(
            revision=1, act="created", at=answer.created_at, reason=None, changes=[],
            client_id=first.client_id if first else None, actor=first.actor if first else None,
        )  # fmt: skip
        result[answer.id] = [
            begin,
            *(_entry(row, states[i], states[i + 1]) for i, row in enumerate(rows)),
        ]
    return result


def _entry(row: Revision, before: Mapping[str, Any], after: Mapping[str, Any]) -> HistoryEntry:
    # A field that an answer has gained since is no change of the record.
    found = rules.differences(before, {name: after.get(name) for name in before})
    return HistoryEntry(
        revision=row.revision, act=row.act, at=row.at, client_id=row.client_id, actor=row.actor,
        reason=row.reason, changes=[DifferenceOut(**asdict(d)) for d in found],
    )  # fmt: skip


def _review_out(row: queries.DecisionRow) -> ReviewOut:
    review = row.review
    columns = {c.key: getattr(review, c.key) for c in Review.__table__.columns}
    level = {"id": review.level_id, "name": row.level_name}
    to_level = review.to_level_id and {"id": review.to_level_id, "name": row.to_level_name}
    for_level = review.for_level_id and {"id": review.for_level_id, "name": row.for_level_name}
    more = {"level": level, "to_level": to_level, "for_level": for_level}
    return ReviewOut.model_validate({**columns, **more, "delegated": for_level is not None})
