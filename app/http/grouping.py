"""Grouped writes: requests that come while a transaction runs share the next one.

A single POST pays for its statements, not for its rows; so requests that wait at the same moment
share them. A group holds only what is sure to succeed: whoever is refused, replayed or otherwise
special leaves it before anything is written, and is carried out alone by the ordinary route, which
stays the only place for errors (`docs/decisions/0079-grouped-writes.md`).
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import structlog
from fastapi import Request, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.principal import Principal
from app.db import UNKNOWN_OUTCOME, Database, Deadline, share_statements
from app.db.unit_of_work import UnitOfWork
from app.events import Call
from app.http import idempotency
from app.http.authenticator import authenticator_of
from app.http.bodies import Handler, StrictRequest
from app.http.calls import call_of
from app.http.context import get_context
from app.http.groups import Groups, Member
from app.http.hanging_up import while_there
from app.http.routing import ApiRoute
from app.kit.problems import Problem
from app.replica import reading as replica

_LOCK_MS: Final = 300
"""How long a group waits for a lock: who needs it longer waits alone, and nobody else does."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """One body as a group carries it out: by whom, and in which call."""

    caller: Principal
    body: Any
    call: Call


class GroupedRoute(ApiRoute):
    """A POST whose requests are carried out together with others that wait at the same moment."""

    def takes(self, body: Any) -> bool:
        """Return whether a body may join a group; one that could not be read is no model."""
        raise NotImplementedError

    async def create_together(
        self, session: AsyncSession, sent: Mapping[int, Sent]
    ) -> Mapping[int, Any]:
        """Write what is right and new of these bodies; return what was created by the same index.

        Nothing of the others may have been written.
        """
        raise NotImplementedError

    async def once(self, request: StrictRequest, database: Database, handler: Handler) -> Response:
        """Let a group carry the request out, or the ordinary route where it cannot."""
        context = get_context(request)
        connections = context.connections
        if connections is None:  # it has a place of its own, and would keep it from the group
            context.is_alone = True
            return await super().once(request, database, handler)
        if not context.is_alone and not request.only_looked_at and self.takes(request.model):
            async with while_there(request):
                answer = await self._groups(request).join(Member(request, handler, connections))
            if answer is not None:
                return answer
        context.is_alone = True
        async with connections.place():
            return await super().once(request, database, handler)

    def _groups(self, request: Request) -> Groups:
        known: dict[str, Groups] = request.app.state.groups
        if self.path not in known:
            known[self.path] = Groups(self._carry_out)
        return known[self.path]

    async def _carry_out(self, members: list[Member]) -> None:
        answers: Mapping[Member, Response] = {}
        failed: Exception | None = None
        try:
            answers = await self._answers(members)
        except Exception as error:  # noqa: BLE001 - each of them finds out alone what it is
            _log.info("group_undone", error=type(error).__name__, members=len(members))
            failed = error if _is_in_doubt(error) else None
        finally:
            for member in members:
                if member.answer.done():
                    continue
                if failed is not None:
                    member.answer.set_exception(failed)
                else:
                    member.answer.set_result(answers.get(member))

    async def _answers(self, members: list[Member]) -> Mapping[Member, Response]:
        """Carry out in one transaction whatever can be; return the answers once it is committed."""
        database: Database = members[0].request.app.state.database
        at = min(get_context(member.request).deadline.at for member in members)
        async with (
            members[0].connections.place(),
            database.writing(Deadline(at - monotonic())) as session,
        ):
            await share_statements(session, _LOCK_MS)
            present = await self._admitted(session, members)
            present = await _with_free_keys(session, present)
            sent = {
                index: Sent(
                    member.caller, member.request.model, call_of(member.request, member.caller)
                )
                for index, member in enumerate(present)
            }
            created = await self.create_together(session, sent) if sent else {}
            answers = {
                present[index]: await _answer(session, present[index], answer)
                for index, answer in created.items()
            }
            await UnitOfWork.of(session).flush()
        if database.replica is not None and answers:
            await replica.tell_position(database, *answers.values())
        return answers

    async def _admitted(self, session: AsyncSession, members: Sequence[Member]) -> list[Member]:
        """Return the members whose callers are known at this moment and have the power."""
        requests = [member.request for member in members]
        known = await authenticator_of(requests[0]).identify_all(session, requests)
        admitted = []
        for member, caller in zip(members, known, strict=True):
            if caller is None:
                continue
            get_context(member.request).caller = caller
            with suppress(Problem):
                self.authorize(member.request)
                if idempotency.HEADER in member.request.headers:
                    member.claim = await idempotency.read_claim(member.request, caller.credential)
                admitted.append(member)
        return admitted


def grouped_paths(routes: Iterable[object]) -> frozenset[str]:
    """Return the paths whose POSTs are carried out in groups."""
    return frozenset(route.path for route in routes if isinstance(route, GroupedRoute))


async def _with_free_keys(session: AsyncSession, members: list[Member]) -> list[Member]:
    """Lock the keys of members; leave out those whose key is held, answered or another's here."""
    first = {m.claim.key_digest: m for m in reversed(members) if m.claim is not None}
    claims = [member.claim for member in first.values() if member.claim is not None]
    free = await idempotency.lock_free(session, claims)
    chosen = {first[digest] for digest in free}
    return [member for member in members if member.claim is None or member in chosen]


async def _answer(session: AsyncSession, member: Member, created: Any) -> Response:
    """Let the route's own handler make the answer of what was created, and keep it."""
    context = get_context(member.request)
    context.session, context.created = session, created
    try:
        response = await member.handler(member.request)
    finally:
        context.created = None
    if member.claim is not None:
        idempotency.keep(session, member.claim, response)
    return response


def _is_in_doubt(error: Exception) -> bool:
    """Return whether a transaction may have been committed for all that is known."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", "") == UNKNOWN_OUTCOME
