"""How a duty of a notice is written as a requirement. No notice gives a day: all are "promptly"."""

from typing import Any


def activity(*kinds: str, **conditions: Any) -> Any:
    """Evidence: an activity of one of the kinds, and every condition that the sentence makes."""
    return {"record": "activity", "kinds": kinds, **conditions}


def leader_record(item: str) -> Any:
    """Evidence: one of a leader's "three ones"."""
    return {"record": "leader_record", "kinds": [item]}


def report(kind: str) -> Any:
    """Evidence: a written submission of the kind."""
    return {"record": "report", "kinds": [kind]}


def passed_up(kind: str, *, selected: bool = False) -> Any:
    """Evidence: a writing of the kind sent up, one's own or passed on from below."""
    asked = {"forwarded": True, "own": True, **({"selected": True} if selected else {})}
    return report(kind) | asked


def inspection() -> Any:
    """Evidence: guidance and inspection of subordinate organizations."""
    return {"record": "inspection"}


def duty(
    code: str, subject: str, evidence: Any, title: tuple[str, str], **applies_to: Any
) -> dict[str, Any]:
    """Return a requirement without its origin; `title` in Chinese and English."""
    chinese, english = title
    return {
        "code": code,
        "title": chinese,
        "title_en": english,
        "subject": subject,
        "evidence": evidence,
        "applies_to": applies_to,
    }


def of_item(document_number: str, item: str, *duties: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the duties that stand in one item of a notice."""
    origin = {"document_number": document_number, "item": item}
    return [{**each, "origin": origin} for each in duties]
