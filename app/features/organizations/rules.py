"""Pure rules of units, branches and leaders: size norms, days, counts, numbers of persons."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

from stdnum.cn import uscc

from app.features.organizations.errors import (
    ENDS_TOO_EARLY,
    FULL_MEMBERS_EXCEED,
    SOURCE_MISSING,
    STARTS_TOO_LATE,
)
from app.kit.language import Text
from app.kit.problems import FieldError
from app.kit.slips import Slip

_BRANCHES: Final = frozenset({"branch", "joint_branch", "temporary_branch"})
# Regulations on the work of Party branches (2018), article 4, and the sizes of general branches
# and primary committees: "as a rule", with exceptions by approval, so they warn and never refuse.
_BRANCH_LEAST_FULL: Final = 3
_BRANCH_MOST: Final = 50
_GENERAL_BRANCH_LEAST: Final = 50
_GENERAL_BRANCH_MOST: Final = 100
_PRIMARY_COMMITTEE_LEAST: Final = 100

# GB 32100: department, class, six digits of division, nine of organization, check character.
# The department may be a letter (A, N, Y), which `stdnum.cn.uscc.validate` refuses.
_USCC: Final = re.compile(r"[1-9ANY][1-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


SHAPING: Final = frozenset({"kind", "sector", "opened_on", "closed_on"})
"""What of an organization requirements look at."""

SIZES: Final = ("member_count", "full_member_count")
"""How many members an organization has."""

EXISTENCE: Final = frozenset({"opened_on", "closed_on"})
"""Days between which what an organization does counts."""

LEADER_SHAPING: Final = frozenset(
    {"org_id", "branch_id", "position_level", "active_from", "active_to"}
)
"""What of a leader requirements look at."""

POSTING: Final = frozenset({"org_id", "branch_id"})
"""What of a leader a transfer changes, and former posts keep."""


NAMESAKE: Final = Slip(
    "namesake",
    "同一上级之下已有同名组织（代码 {code}），请核对是否重复建立。",
    "There is an organization of this name below the same unit already (code {code}).",
)
SAME_LEADER: Final = Slip(
    "same_leader",
    "该组织已有同名的党员领导干部，请核对是否重复录入。",
    "There is a leader of this name in this unit already.",
)


@dataclass(frozen=True, slots=True)
class SizeNorm:
    """A size that is not as the rules have it; `parameters` fill the sentence."""

    code: str
    text: Text
    parameters: Mapping[str, int] = field(default_factory=dict)


def size_norms(kind: str, members: int | None, full_members: int | None) -> Iterator[SizeNorm]:
    """Yield where an organization's size departs from the norms; unknown numbers say nothing."""
    if kind in _BRANCHES:
        full = full_members if full_members is not None else members
        if full is not None and full < _BRANCH_LEAST_FULL:
            yield _norm("branch_too_few_full_members", full, _BRANCH_LEAST_FULL)
        if members is not None and members > _BRANCH_MOST:
            yield _norm("branch_too_many_members", members, _BRANCH_MOST)
    elif members is None:
        return
    elif kind == "general_branch" and members < _GENERAL_BRANCH_LEAST:
        yield _norm("general_branch_too_few_members", members, _GENERAL_BRANCH_LEAST)
    elif kind == "general_branch" and members > _GENERAL_BRANCH_MOST:
        yield _norm("general_branch_too_many_members", members, _GENERAL_BRANCH_MOST)
    elif kind == "primary_committee" and members < _PRIMARY_COMMITTEE_LEAST:
        yield _norm("primary_committee_too_few_members", members, _PRIMARY_COMMITTEE_LEAST)


OUTSIDE: Final = Text(
    "有 {count} 条记录的日期不在该组织存续期间，不再计入。",
    "{count} records are of days on which the organization did not exist; they count no longer.",
)
_NORMS: Final = {
    "branch_too_few_full_members": Text(
        "党支部一般应有 {limit} 名以上正式党员，现有 {count} 名。",
        "A branch has, as a rule, {limit} or more full members; this one has {count}.",
    ),
    "branch_too_many_members": Text(
        "党支部党员人数一般不超过 {limit} 人，现有 {count} 人。",
        "A branch has, as a rule, no more than {limit} members; this one has {count}.",
    ),
    "general_branch_too_few_members": Text(
        "党总支党员人数一般在 {limit} 人以上，现有 {count} 人。",
        "A general branch has, as a rule, {limit} or more members; this one has {count}.",
    ),
    "general_branch_too_many_members": Text(
        "党总支党员人数一般不超过 {limit} 人，现有 {count} 人。",
        "A general branch has, as a rule, no more than {limit} members; this one has {count}.",
    ),
    "primary_committee_too_few_members": Text(
        "基层党委党员人数一般在 {limit} 人以上，现有 {count} 人。",
        "A primary committee has, as a rule, {limit} or more members; this one has {count}.",
    ),
}


def _norm(code: str, count: int, limit: int) -> SizeNorm:
    return SizeNorm(code, _NORMS[code], {"count": count, "limit": limit})


def organization_faults(values: Mapping[str, Any], given: Collection[str]) -> Iterator[FieldError]:
    """Yield what contradicts itself in an organization's values; the caller sent those `given`."""
    yield from _period_faults(values, given, "opened_on", "closed_on")
    members, full_members = values.get("member_count"), values.get("full_member_count")
    if members is not None and full_members is not None and full_members > members:
        name = "full_member_count" if "full_member_count" in given else "member_count"
        yield FULL_MEMBERS_EXCEED.at(f"/{name}")
    yield from _source_faults(values)


class Sized(Protocol):
    """What has members, and full members among them; None where that is not known."""

    @property
    def member_count(self) -> int | None:
        """How many members it has."""

    @property
    def full_member_count(self) -> int | None:
        """How many of them are full members."""


def merged_sizes(row: Sized, into: Sized, given: Mapping[str, int | None]) -> dict[str, int | None]:
    """Return how many members an organization has once another one went into it.

    As it is told; else the sum, where both numbers are known.
    """
    found: dict[str, int | None] = {}
    if row.member_count is not None and into.member_count is not None:
        found["member_count"] = row.member_count + into.member_count
    fits = bool(found) or into.member_count is None
    if fits and row.full_member_count is not None and into.full_member_count is not None:
        found["full_member_count"] = row.full_member_count + into.full_member_count
    return found | {name: number for name, number in given.items() if number is not None}


def leader_faults(values: Mapping[str, Any], given: Collection[str]) -> Iterator[FieldError]:
    """Yield what contradicts itself in a leader's values; the caller sent those `given`."""
    yield from _period_faults(values, given, "active_from", "active_to")
    yield from _source_faults(values)


def posting_faults(
    pointer: str, day: date, last: date, starts: Iterable[date | None]
) -> Iterator[FieldError]:
    """Yield what is wrong with the first day of a post: not yet come, or before all it needs."""
    if day > last:
        yield STARTS_TOO_LATE.at(pointer, end=last)
    first = max((start for start in starts if start is not None), default=day)
    if day < first:
        yield ENDS_TOO_EARLY.at(pointer, start=first)


def _period_faults(
    values: Mapping[str, Any], given: Collection[str], start: str, end: str
) -> Iterator[FieldError]:
    first: date | None = values.get(start)
    last: date | None = values.get(end)
    if first is None or last is None or first <= last:
        return
    if end in given:
        yield ENDS_TOO_EARLY.at(f"/{end}", start=first)
    else:
        yield STARTS_TOO_LATE.at(f"/{start}", end=last)


def _source_faults(values: Mapping[str, Any]) -> Iterator[FieldError]:
    if values.get("external_id") is not None and values.get("source") is None:
        yield SOURCE_MISSING.at("/source")


def is_closed(closed_on: date | None, today: date) -> bool:
    """Return whether the closing day has come."""
    return closed_on is not None and closed_on <= today


def act(changes: Mapping[str, Any]) -> str:
    """Return the name of a change of an organization, by what it changed."""
    if "parent_id" in changes:
        return "moved"
    if "closed_on" in changes:
        return "reopened" if changes["closed_on"] is None else "closed"
    return "updated"


def becomes(then: str | None, now: str, *, elsewhere: bool) -> str:
    """Return what a change of the tree makes of an obligation, by its status before and after.

    `then` is None for one that was not there; `elsewhere`: it is counted at another place.
    """
    if then is None:
        return "same" if now == "void" else "new"
    if (then == "void") != (now == "void"):
        return "void" if now == "void" else "revived"
    return "moved" if elsewhere and now != "void" else "same"


def same(values: Mapping[str, Any], known: Any) -> bool:
    """Return whether a record holds these values already: sending them again is no conflict."""
    return all(getattr(known, name) == value for name, value in values.items())


def compact_uscc(text: str) -> str | None:
    """Return a unified social credit code without separators, or None where it is not valid."""
    code: str = uscc.compact(text)
    if not _USCC.fullmatch(code) or uscc.calc_check_digit(code) != code[-1]:
        return None
    return code
