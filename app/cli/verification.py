"""`dajiatan db verify`: whether what is kept agrees with what it was made from."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from app.cli.configuration import require_secret, settings
from app.cli.schema import readable_failures, ready
from app.cli.speech import LANGUAGE, refuse, say, tell
from app.db import Database
from app.events import baseline, states, verification
from app.events.faults import Verdict
from app.events.heads import Head, read_known
from app.features.counts import service as counts
from app.features.obligations.service import verifying
from app.features.organizations.queries import verifying as organizations
from app.settings import Settings

Verification = Callable[[AsyncSession, Settings, Sequence[Head]], Awaitable[list[str]]]
"""Tells what it saw and returns its faults, one sentence each."""


def verify(heads: Sequence[str]) -> None:
    """Carry out every verification; status 1 when any finds a fault."""
    known = [_head(text) for text in heads]
    current = settings()
    require_secret(current)
    ready(current)
    with readable_failures():
        faults = asyncio.run(_faults(current, known))
    for fault in faults:
        typer.echo(fault)
    if faults:
        refuse("校验发现 {n} 处不符。", "Verification found {n} fault(s).", n=len(faults))
    tell("校验无误。", "Everything agrees.")


async def _faults(of: Settings, heads: Sequence[Head]) -> list[str]:
    database = Database(of)
    try:
        async with database.reading() as session:
            return [fault for verify in VERIFICATIONS for fault in await verify(session, of, heads)]
    finally:
        await database.close()


async def _audit_chain(session: AsyncSession, of: Settings, heads: Sequence[Head]) -> list[str]:
    verdict = await verification.verify(session, of.secret, [*heads, *await _heads_told(of)])
    tell(
        "审计链：{seals} 次封存，{events} 个事件，另有 {unsealed} 个待封存。",
        "Audit chain: {seals} seals over {events} events, {unsealed} not sealed yet.",
        seals=verdict.seals,
        events=verdict.events,
        unsealed=verdict.unsealed,
    )
    if verdict.head:
        tell("链首：{number}:{digest}", "Head: {number}:{digest}",
             number=verdict.head[0], digest=verdict.head[1])  # fmt: skip
    return [fault.say(LANGUAGE) for fault in verdict.faults]


async def _states(session: AsyncSession, of: Settings, _heads: Sequence[Head]) -> list[str]:
    if await baseline.is_due(session, of.secret):
        tell(
            "接入系统、密钥、授权、免除、审核与采用：升级一小时后由后台任务记入审计链，此前不核对。",
            "Clients, keys, grants, exemptions, reviews, adoptions: not compared before a worker "
            "has entered them into the trail, an hour after the upgrade.",
        )
        return []
    verdict = Verdict()
    async for each in states.find_discrepancies(session, of.secret):
        verdict.add(each.text, name=each.state.name, id=each.id)
    tell(
        "接入系统、密钥、授权、免除、审核与采用：已与审计记录逐项核对。",
        "Clients, keys, grants, exemptions, reviews, adoptions: compared with the trail.",
    )
    return [fault.say(LANGUAGE) for fault in verdict.faults]


async def _heads_told(of: Settings) -> Sequence[Head]:
    try:
        found = await read_known(of)
    except OSError as error:
        tell(
            "无法读取已送出的链首（DAJIATAN_AUDIT_HEADS_TO）：{error}",
            "The heads that were sent (DAJIATAN_AUDIT_HEADS_TO) cannot be read: {error}",
            error=error.strerror or error,
        )
        return []
    if of.audit_heads_to:
        tell("与已送出的 {n} 个链首核对。", "Compared with {n} heads that were sent.", n=len(found))
    return found


async def _progress(session: AsyncSession, _of: Settings, _heads: Sequence[Head]) -> list[str]:
    found = await verifying.find_disagreements(session)
    faults = [
        say(
            "任务 {id}：完成数或状态与计入的记录不符",
            "obligation {id}: its count or status is not what its credits say",
            id=each,
        )
        for each in found.mistallied
    ]
    faults += [
        say(
            "任务 {id}：不在其组织所属的上级名下统计",
            "obligation {id}: not counted at the unit that its organization belongs to",
            id=each,
        )
        for each in found.misplaced
    ]
    faults += [
        say(
            "党组织 {unit}、工作要求 {requirement}、{day}：统计数多出 {excess}",
            "unit {unit}, requirement {requirement}, {day}: counters exceed the ledger by {excess}",
            unit=each.unit_id,
            requirement=each.requirement_id,
            day=each.day,
            excess=each.excess,
        )
        for each in found.miscounted
    ]
    tell(
        "进度：{n} 项任务已逐项复算。",
        "Progress: {n} obligations counted again.",
        n=found.obligations,
    )
    return faults


async def _tree(session: AsyncSession, _of: Settings, _heads: Sequence[Head]) -> list[str]:
    faults = [
        say(
            "组织 {id}：所属片区与其在组织树中的位置不符",
            "organization {id}: not in the area and zone in which it stands",
            id=each,
        )
        for each in await organizations.find_misplaced(session)
    ]
    tell("组织树：片区与位置已核对。", "Tree: areas and zones compared with places.")
    return faults


async def _work(session: AsyncSession, _of: Settings, _heads: Sequence[Head]) -> list[str]:
    faults = [
        say(
            "组织 {org}、{day}：工作量统计多出 {excess}",
            "organization {org}, {day}: counts of work exceed the records by {excess}",
            org=each.org_id,
            day=each.day,
            excess=each.excess,
        )
        for each in await counts.find_discrepancies(session)
    ]
    tell("工作量：已按记录逐项复算。", "Work: counted again from the records.")
    return faults


def _head(text: str) -> Head:
    number, _, digest = text.partition(":")
    digest = digest.rpartition(":")[2]  # with or without its algorithm, as the API answers it
    if not number.isdecimal() or not digest:
        reason = say("应为 序号:摘要。", "must be NUMBER:DIGEST.")
        raise typer.BadParameter(reason, param_hint="--head")
    return int(number), digest


VERIFICATIONS: Final[Sequence[Verification]] = (_audit_chain, _states, _tree, _progress, _work)
"""What `verify` recomputes: one line each."""
