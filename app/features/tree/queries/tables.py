"""The tables that say who there is: those of now, or what stands for them on a past day."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from sqlalchemy import (
    ColumnElement,
    select,
)
from sqlalchemy.orm import aliased

from app.models import Leader, Organization, SecondPost


@dataclass(frozen=True, slots=True)
class Tree:
    """The tables that say who there is: those of now, or what stands for them on a past day."""

    organizations: type[Organization]
    leaders: type[Leader]
    places: Callable[[str], type[Organization]]
    """The organizations once more, under another name."""
    second_posts: Callable[[str], type[SecondPost]]
    """The second posts that are held, under a name."""


def select_held(condition: ColumnElement[bool], name: str) -> type[SecondPost]:
    """Return what stands for the second posts of which the condition is true."""
    columns = (SecondPost.id, SecondPost.leader_id, SecondPost.unit_id, SecondPost.since)
    rows = select(*columns).where(condition).subquery(name)
    return aliased(SecondPost, rows, adapt_on_names=True)


NOW: Final = Tree(
    Organization,
    Leader,
    # Made once for each name: an alias of a mapped class is dear, and a statement has many.
    cache(lambda name: aliased(Organization, name=name)),
    cache(lambda name: select_held(SecondPost.until.is_(None), name)),
)
