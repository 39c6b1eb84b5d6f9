"""What is told of records: what they count for and why they do not, found out as they are counted.

The effects of one transaction are kept with its session, like the rows that it inserts: whoever
answers takes them from there, and nothing is read again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Power, Principal
from app.features.obligations.effects import Effect, Effects, Labels, count_missing
from app.features.obligations.evidence import Evidence, Shortfall
from app.features.obligations.matching import falls_within
from app.features.obligations.queries import asked as asked_for
from app.features.obligations.rules import OwedRow, RequirementRow, State
from app.features.obligations.schemas import CountsFor, NearMiss
from app.features.obligations.service.answers import period
from app.features.obligations.wording import is_named, word
from app.kit.language import Language

_EFFECTS: Final = "dajiatan_effects"
Asked = RequirementRow | asked_for.AskedRow


def effects_of(session: AsyncSession) -> Effects:
    """Return the effects of what this transaction has counted, the same ones each time."""
    effects: Effects = session.info.setdefault(_EFFECTS, Effects())
    return effects


def begin(session: AsyncSession, evidence: Iterable[Evidence]) -> None:
    """Begin anew with what is told of records."""
    effects_of(session).begin(evidence)


def discard(session: AsyncSession, evidence: Iterable[Evidence]) -> None:
    """Tell nothing of records out of what they were: they count no more."""
    effects_of(session).discard(evidence)


def forget_all(session: AsyncSession) -> None:
    """Keep no more what this transaction has counted: it was told, and more is to come."""
    session.info.pop(_EFFECTS, None)


def is_known(session: AsyncSession, record_id: UUID) -> bool:
    """Return whether the effects of a record are known already."""
    return record_id in effects_of(session).known


def keep_labels(session: AsyncSession, labels: Mapping[UUID, Labels]) -> None:
    """Keep what campaigns call their codes, to be told by."""
    effects_of(session).labels.update(labels)


async def keep_added(session: AsyncSession, asked: Iterable[Asked]) -> None:
    """Keep what notices of units below call the codes of requirements, where a campaign has not.

    No statement where each code is one of the campaign's own.
    """
    effects = effects_of(session)
    unnamed = {
        row.campaign_id
        for row in asked
        if row.campaign_id not in effects.added
        and not is_named(row.evidence, effects.labels.get(row.campaign_id, {}))
    }
    if unnamed:
        effects.added |= await asked_for.load_added(session, unnamed)


def keep_counted(
    session: AsyncSession, asked: RequirementRow, owed: OwedRow, item: Evidence, after: State
) -> None:
    """Keep that a record was credited, and what became of the obligation."""
    missing = count_missing(after.status, after.count, after.min_count)
    effects_of(session).add_counted(item, Effect(asked, owed, after.status, missing))


def keep_waiting(
    session: AsyncSession, asked: RequirementRow, owed: OwedRow, items: Iterable[Evidence]
) -> None:
    """Keep what records will count for once they are handed in or accepted."""
    for item in items:
        if falls_within(owed, item):
            missing = count_missing(owed.status, owed.count + 1, owed.min_count)
            effects_of(session).add_counted(item, Effect(asked, owed, owed.status, missing))


def keep_near(
    session: AsyncSession,
    asked: RequirementRow,
    owed: OwedRow,
    items: Iterable[tuple[Evidence, tuple[Shortfall, ...]]],
) -> None:
    """Keep what records nearly count for, as long as it is owed."""
    missing = count_missing(owed.status, owed.count, owed.min_count)
    for item, shortfalls in items if missing else ():
        if falls_within(owed, item):
            effect = Effect(asked, owed, owed.status, missing, shortfalls)
            effects_of(session).add_near(item, effect)


def tell(
    session: AsyncSession,
    caller: Principal,
    record_id: UUID,
    language: Language,
    *,
    most_near: int | None = None,
) -> dict[str, Any]:
    """Return `counts_for` and `near_misses` of a record, as far as the caller sees who owes it.

    With `most_near` only so many near misses are put into words, those that lack least.
    """
    effects = effects_of(session)

    def sees(path: str) -> bool:
        # Who is the leading cadre: what such a record counts for is owed by nobody else.
        return caller.may(Power.VIEW, path) or caller.may(Power.OWN, path)

    counted = effects.list_counted(record_id, sees)
    near = effects.list_near(record_id, sees)
    if most_near is not None:
        near = sorted(near, key=lambda effect: len(effect.shortfalls))[:most_near]
    return {
        "counts_for": [_build_counts_for(effect, language) for effect in counted],
        "near_misses": [_build_near_miss(effect, effects, language) for effect in near],
    }


def word_all(
    asked: Asked, lacking: Sequence[Shortfall], effects: Effects, path: str, language: Language
) -> list[str]:
    """Return in words what evidence lacks of what a requirement asks for at a path."""
    labels = effects.find_labels(asked.campaign_id, path)
    return [word(asked.evidence["record"], each, labels, language) for each in lacking]


def _build_counts_for(effect: Effect, language: Language) -> CountsFor:
    common = _common(effect, language)
    return CountsFor.model_validate({**common, "status": effect.status, "missing": effect.missing})


def _build_near_miss(effect: Effect, effects: Effects, language: Language) -> NearMiss:
    missing = word_all(effect.asked, effect.shortfalls, effects, effect.owed.path, language)
    return NearMiss.model_validate({**_common(effect, language), "missing": missing})


def _common(effect: Effect, language: Language) -> Mapping[str, Any]:
    asked, owed = effect.asked, effect.owed
    english = language == "en" and asked.title_en
    return {
        "requirement_code": asked.code,
        "title": asked.title_en if english else asked.title,
        "subject": {"type": owed.subject_type, "id": owed.subject_id, "name": owed.name},
        "obligation_id": owed.id,
        "period": period(owed),
    }
