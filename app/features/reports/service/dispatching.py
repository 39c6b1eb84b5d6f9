"""Dispatches: the top of the tree sends a report to a superior that is not in this service."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app import events
from app.access.principal import Principal
from app.features.reports import queries, rules
from app.features.reports.errors import BEFORE_DISPATCH, LevelAbove
from app.features.reports.schemas import DispatchIn, DispatchOut, DispatchPatch
from app.features.reports.service import changing, standing
from app.features.submissions import openness
from app.features.submissions import service as reviews
from app.features.submissions.errors import IN_FUTURE
from app.kit import clock, ids
from app.kit.merge_patch import apply_patch
from app.kit.problems import FieldError, Forbidden, Invalid, NotFound
from app.models import Dispatch, Report


async def dispatch(
    session: AsyncSession, caller: Principal, report: Report, item: DispatchIn
) -> None:
    """Record that a report was sent outside; the same again changes nothing."""
    path = await _require_top(session, caller, report)
    reviews.judge_move("dispatch", report.status, rules.LIFE)
    _refuse(item)
    values = _values(item)
    known = (await queries.load_dispatches(session, [report.id])).get(report.id, [])
    if any(all(getattr(d, name) == value for name, value in values.items()) for d in known):
        return
    made = Dispatch(
        id=ids.new_id(), org_id=report.org_id, report_id=report.id,
        unit_id=ids.path_ids(path)[-1], **values,
    )  # fmt: skip
    await queries.add_fact(session, made)
    await _changed(session, report, "dispatched", "dispatch.created", made)


async def follow(
    session: AsyncSession,
    caller: Principal,
    report: Report,
    dispatch_id: UUID,
    patch: DispatchPatch,
) -> None:
    """Record what is known of a dispatch by now: its receipt, what became of it."""
    await _require_top(session, caller, report)
    found = await _one(session, report, dispatch_id)
    current = DispatchOut.of(found).model_dump(mode="json")
    item = apply_patch(DispatchIn, {n: current[n] for n in DispatchIn.model_fields}, patch)
    _refuse(item)
    values = _values(item)
    if all(getattr(found, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(found, name, value)
    await session.flush()
    await _changed(session, report, "dispatch_changed", "dispatch.updated", found)


async def take_back(
    session: AsyncSession, caller: Principal, report: Report, dispatch_id: UUID
) -> None:
    """Take back a dispatch that was recorded by mistake."""
    await _require_top(session, caller, report)
    found = await _one(session, report, dispatch_id)
    await queries.remove_fact(session, found)
    await _changed(session, report, "dispatch_changed", "dispatch.deleted", found)


async def _require_top(session: AsyncSession, caller: Principal, report: Report) -> str:
    """Return the path of the top, which has the report now; raise unless the caller acts for it."""
    place = await standing.of(session, report)
    if not standing.may_review(caller, place):
        raise Forbidden
    if not standing.at_root(place.path):
        raise LevelAbove
    await openness.require_open(session, report.campaign_id, or_settling=True)
    return place.path


async def _one(session: AsyncSession, report: Report, dispatch_id: UUID) -> Dispatch:
    known = (await queries.load_dispatches(session, [report.id])).get(report.id, [])
    found = next((d for d in known if d.id == dispatch_id), None)
    if found is None:
        raise NotFound
    return found


async def _changed(
    session: AsyncSession, report: Report, act: str, kind: str, dispatch: Dispatch
) -> None:
    revision = {"dispatch.created": 1, "dispatch.deleted": report.revision + 1}
    data = DispatchOut.of(dispatch).model_dump(mode="json")
    number = revision.get(kind, report.revision)
    await events.record(session, events.Change(kind, dispatch.id, report.org_id, number))
    # To send it on is to have taken it.
    values: dict[str, Any] = {"endorsed": True} if kind == "dispatch.created" else {}
    await changing.change(session, report, act, values, data={"dispatch": data})


def _values(item: DispatchIn) -> dict[str, Any]:
    values = item.model_dump()
    values["addressee"] = values.pop("to")
    return values | {"channel": item.channel.value, "outcome": item.outcome and item.outcome.value}


def _refuse(item: DispatchIn) -> None:
    errors = [*_errors(item)]
    if errors:
        raise Invalid(errors)


def _errors(item: DispatchIn) -> Iterator[FieldError]:
    today = clock.today()
    for name in ("sent_on", "receipt_on", "outcome_on"):
        day = getattr(item, name)
        if day is None:
            continue
        if day > today:
            yield IN_FUTURE.at(f"/{name}")
        elif day < item.sent_on:
            yield BEFORE_DISPATCH.at(f"/{name}", sent_on=item.sent_on)
