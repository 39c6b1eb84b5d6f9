"""Activities in tables: one row for each, with who took part."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.db.unit_of_work import UnitOfWork
from app.features.activities.queries import reading
from app.features.activities.queries.reading import Whole
from app.features.activities.schemas.activity import ActivityIn, ActivityNew
from app.features.activities.service import answers, changing, checking, creating, sending, slips
from app.features.imports.queries import matching
from app.features.imports.rules.columns import Column
from app.features.imports.rules.parts import spread
from app.features.imports.service.resources.activity_columns import COLUMNS, FURTHER
from app.features.imports.service.resources.base import (
    Body,
    ChangedSinceError,
    Given,
    Plain,
    Target,
    Verdict,
    give_source,
    merged,
    read_as,
)
from app.features.submissions import service as reviews
from app.features.submissions.defaulting import with_unfilled
from app.kit.language import Text
from app.kit.levelling import level
from app.kit.problems import Invalid, Problem


class Activities(Plain):
    """Activities: known by their key, else by organization, kind, day and title."""

    name: ClassVar = "activities"
    label: ClassVar = Text("活动", "activities")
    power: ClassVar = Power.REPORT
    in_campaign: ClassVar = True
    counts: ClassVar[bool] = True
    model: ClassVar[type[BaseModel]] = ActivityNew
    columns: ClassVar[Sequence[Column]] = COLUMNS
    further: ClassVar[Mapping[str, Sequence[Column]]] = FURTHER

    def complete(self, body: Body, given: Given) -> None:
        """Give a body its campaign, its source where it has an id there, and its parts as lists."""
        body["campaign_id"] = str(given.campaign_id)
        give_source(body, given)
        wrong = spread(body, "findings", "description", "查摆问题")
        wrong += spread(body, "opinions", "content", "群众意见")
        if wrong:
            raise Invalid(wrong)

    def sameness(self, body: Body) -> tuple[Any, ...] | None:
        """Return the key, else organization, kind, day and title."""
        if "source" in body:
            return body.get("org_id"), body["source"], body["external_id"]
        return matching.occasion_of(body)

    async def find(
        self, session: AsyncSession, _caller: Principal, bodies: Mapping[int, Body]
    ) -> dict[int, Target]:
        """Return the activities that rows are about."""
        keyed = {
            number: (UUID(body["org_id"]), body["source"], body["external_id"])
            for number, body in bodies.items()
            if "source" in body and "org_id" in body
        }
        by_key = await reading.find_by_natural_keys(session, set(keyed.values()))
        found = {n: by_key[key] for n, key in keyed.items() if key in by_key}
        others = {n: body for n, body in bodies.items() if n not in keyed}
        same = await matching.find_activities(session, others)
        wholes = await reading.by_ids(session, set(same.values()))
        found |= {n: wholes[id_] for n, id_ in same.items()}
        return {number: _target(whole) for number, whole in found.items()}

    async def judge(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, ActivityNew]
    ) -> Verdict:
        """Return what is wrong with new activities, and which are likely there already."""
        sendings = {number: sending.Sending(caller, item) for number, item in items.items()}
        ready = await sending.prepare(session, sendings, {})
        verdict, good = Verdict(), {}
        for number, sent in ready.sendings.items():
            problem = checking.problem_of(caller, sent.item, ready.refs)
            problem = with_unfilled(problem, ready.unfilled.get(number, ()))
            if problem is not None:
                verdict.problems[number] = problem
            else:
                good[number] = sent.item
        for number, title in slips.alike(good, ready.refs).items():
            verdict.warnings[number] = [slips.SAME_ACTIVITY.text.filled(title=title)]
        return verdict

    def change(self, content: Mapping[str, Any], body: Body) -> ActivityIn:
        """Return an activity with what a row says of it."""
        item: ActivityIn = read_as(ActivityIn, _changed(content, body))
        return item

    async def judge_changes(
        self,
        session: AsyncSession,
        caller: Principal,
        changes: Mapping[int, tuple[Target, Body]],
    ) -> Verdict:
        """Return what is wrong with changes of activities."""
        wholes = await reading.by_ids(session, {target.id for target, _ in changes.values()})
        verdict, items = Verdict(), {}
        for number, (target, body) in changes.items():
            try:
                reviews.require_editable(wholes[target.id].activity.status)
                items[number] = self.change(target.content, body)
            except Problem as problem:
                verdict.problems[number] = problem
        refs = await checking.load_references(session, items.values())
        for number, item in items.items():
            whole = wholes[changes[number][0].id]
            back = whole.activity.status == "returned"
            before = answers.as_item(whole)
            wrong = checking.problem_of(caller, item, refs, before, returned=back)
            if wrong is not None:
                verdict.problems[number] = wrong
        return verdict

    async def create(
        self, session: AsyncSession, caller: Principal, items: Mapping[int, ActivityNew]
    ) -> tuple[dict[int, UUID], dict[int, Problem]]:
        """Enter activities with all that follows from them."""
        sendings = {number: sending.Sending(caller, item) for number, item in items.items()}
        done, problems, _ = await creating.create(session, sendings, {})
        await UnitOfWork.of(session).flush()
        return {number: id_ for number, (id_, *_) in done.items()}, problems

    async def update(
        self, session: AsyncSession, caller: Principal, number: int, target: Target, body: Body
    ) -> None:
        """Give an activity what the row says of it."""
        whole = await reading.get_for_update(session, caller, target.id)
        if whole.activity.revision != target.revision:
            raise ChangedSinceError([number])
        item = self.change(answers.build_content(whole), body)
        await changing.replace(session, caller, whole, item)
        await UnitOfWork.of(session).flush()


def _changed(content: Mapping[str, Any], body: Mapping[str, Any]) -> Body:
    """Return an activity with what a row says; who took part keeps the part that they had.

    What was found at it and said there is added to, or changed where the words are the same.
    """
    result = merged(content, body)
    for name, words in (("findings", "description"), ("opinions", "content")):
        if name in body:
            result[name] = _added(merged(content, {})[name], body[name], words)
    roles = {str(each["leader_id"]): each["role"] for each in content["participants"]}
    result["participants"] = [
        {"role": roles[each["leader_id"]], **each} if each["leader_id"] in roles else each
        for each in result["participants"]
    ]
    return result


def _added(
    known: Sequence[Mapping[str, Any]], said: Sequence[Mapping[str, Any]], words: str
) -> list[dict[str, Any]]:
    """Return parts with what a file says: of the same words is the same one, others are new."""
    result = [dict(part) for part in known]
    by_words = {_levelled(part.get(words)): part for part in result}
    for part in said:
        same = by_words.get(_levelled(part.get(words)))
        if same is None:
            result.append(dict(part))
        else:
            same.update({name: value for name, value in part.items() if name != words})
    return result


def _levelled(text: Any) -> str:
    return "".join(level(str(text)).split())


def _target(whole: Whole) -> Target:
    return Target(whole.activity.id, whole.activity.revision, answers.build_content(whole))
