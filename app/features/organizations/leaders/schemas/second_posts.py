"""Second posts in and out."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from pydantic import Field

from app.features.organizations.schemas.organizations import Preview
from app.features.organizations.schemas.texts import PersonLine
from app.kit.fields import Day, Input, Output, Paragraphs
from app.models import Leader, SecondPost


class SecondPostNew(Input):
    """A post that a leader takes up beside their own; what they owe is still owed once."""

    unit_id: UUID = Field(description="Where it is held. 兼任职务所在组织。")
    post: PersonLine = Field(description="The post there. 兼任职务。")
    since: Day | None = Field(
        default=None, description="First day, not one to come; without it, today. 兼任起始日期。"
    )
    reason: Paragraphs | None = None
    preview: Preview = False


class SecondPostEnd(Input):
    """The end of a second post."""

    until: Day | None = Field(
        default=None,
        description="First day without it, not one to come; without it, today; its own first day: "
        "as if it had never been. 不再兼任的日期。",
    )
    reason: Paragraphs | None = None
    preview: Preview = False


class SecondPostOut(Output):
    """A post held beside one's own."""

    id: UUID
    unit_id: UUID
    post: str
    since: date = Field(description="First day. 兼任起始日期。")
    until: date | None = Field(
        description="First day without it; null while held. 不再兼任的日期。"
    )


class SecondPostsOut(Output):
    """The second posts of a leader, those that have ended too, at units in your scope."""

    leader_id: UUID
    revision: int = Field(description="The leader's. 领导干部记录的版本。")
    data: list[SecondPostOut]


def second_posts_out(row: Leader, posts: Iterable[SecondPost]) -> SecondPostsOut:
    """Return a leader and these posts as they are answered."""
    data = [SecondPostOut.model_validate(post) for post in posts]
    return SecondPostsOut(leader_id=row.id, revision=row.revision, data=data)
