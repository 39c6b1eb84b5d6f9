"""Activities that are submitted at the same moment by several callers, written together."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Database
from app.features.activities.schemas.activity import ActivityNew
from app.features.activities.service import creating
from app.features.activities.service.sending import Sending
from app.http.bodies import Handler, StrictRequest
from app.http.context import get_context
from app.http.grouping import GroupedRoute, Sent


class ActivityGroupRoute(GroupedRoute):
    """Submits activities in groups; drafts, ids, keys and files are left to the ordinary route."""

    def takes(self, body: Any) -> bool:
        """Return whether an activity may join a group."""
        return (
            isinstance(body, ActivityNew)
            and body.status != "draft"
            and body.id is None
            and body.source is None
            and not body.attachment_ids
        )

    async def once(self, request: StrictRequest, database: Database, handler: Handler) -> Response:
        """Leave alone what says more than its body does."""
        if request.url.query:
            get_context(request).is_alone = True
        return await super().once(request, database, handler)

    async def create_together(
        self, session: AsyncSession, sent: Mapping[int, Sent]
    ) -> Mapping[int, Any]:
        """Write the activities that are right."""
        sendings = {
            index: Sending(each.caller, each.body, each.call) for index, each in sent.items()
        }
        return await creating.create_together(session, sendings)


def created_for(request: Request) -> creating.Entered | None:
    """Return the new activity that the request's group has written; None if it came alone."""
    created = get_context(request).created
    return created if isinstance(created, creating.Entered) else None
