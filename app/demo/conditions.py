"""Conditions of a requirement on an activity beside its kind, judged as a reader would.

Like the recount it shares no code with the service.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from app.demo.records import Activity

_COUNTED: Final = ("members_present", "public_present", "person_times")


def does_all(asked: Mapping[str, Any], activity: Activity, others: Sequence[Activity]) -> bool:
    """Return whether an activity does what is asked; `others` stand, of the same organization."""
    return (
        set(asked["topics"]) <= set(activity.topics)
        and set(asked["checks"]) <= set(activity.checks)
        and set(asked.get("methods") or ()) <= set(activity.methods)
        and (not asked.get("talk_modes") or activity.talk_mode in asked["talk_modes"])
        and _has_details(asked.get("details") or {}, activity)
        and _is_in_time(asked.get("window"), activity)
        and _found_enough(asked.get("findings"), activity)
        and _comes_after(asked.get("preceded_by"), activity, others)
    )


def _has_details(asked: Mapping[str, Mapping[str, Any]], activity: Activity) -> bool:
    told = {**activity.body, **activity.body.get("details", {})}
    told |= {name: getattr(activity, name) for name in _COUNTED}
    for name, condition in asked.items():
        value = told.get(name)
        if condition.get("in") is not None and value not in condition["in"]:
            return False
        size = len(value) if isinstance(value, str | tuple) else value
        if condition.get("min") is not None and (size is None or size < condition["min"]):
            return False
        if condition.get("max") is not None and (size is None or size > condition["max"]):
            return False
    return True


def _is_in_time(window: Mapping[str, str] | None, activity: Activity) -> bool:
    if window is None:
        return True
    first = activity.held_on.isoformat()
    last = activity.body.get("ended_on") or first
    return bool(first <= window["to"] and last >= window["from"])


def _found_enough(asked: Mapping[str, Any] | None, activity: Activity) -> bool:
    if asked is None:
        return True
    whole = [f for f in activity.findings if all(f.get(name) for name in asked["with"])]
    return bool(len(whole) >= asked["min"])


def _comes_after(
    asked: Mapping[str, Any] | None, activity: Activity, others: Sequence[Activity]
) -> bool:
    if asked is None:
        return True
    within = asked.get("within_days")
    earliest = date.min if within is None else activity.held_on - timedelta(days=within)
    return any(
        other.code != activity.code
        and earliest <= other.held_on <= activity.held_on
        and asked.get("kind") in {None, other.kind}
        and (asked.get("method") is None or asked["method"] in other.methods)
        for other in others
    )
