"""The plan of an import as lines: what it does, what is wrong where, what was left out."""

import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

from app.cli.display import Display
from app.cli.speech import say
from app.client.answers import CellMessage, Import, Plan, ReadSheet

_RESULT: Final = re.compile(r"\.result(-\d+)?$")


def show(display: Display, found: Import, *, resolved: bool) -> None:
    """Show the plan: its figures, each error at its cell, then what is worth knowing."""
    if found.plan is None:
        return
    display.line(_figures(found.filename, found.plan))
    for line in _lines(found, found.plan):
        display.line(line)
    if resolved:
        for line in _names(found.plan):
            display.line(line)


def show_end(display: Display, planned: Import, found: Import) -> None:
    """Show what came of a plan that was carried out, and what was found wrong only then."""
    if found.plan is None or planned.plan is None or found.status != "applied":
        return
    figures = _figures(found.filename, found.plan)
    display.line(say("已写入。{figures}", "Written. {figures}", figures=figures))
    for error in found.plan.errors:
        if error not in planned.plan.errors:
            display.line(_at_cell(error))
    if found.summary:
        display.line(found.summary)


def free_name(sent: Path | str) -> Path:
    """Return a name for the table that comes back: beside the one that was sent, over no other."""
    path = Path(sent)
    stem = _RESULT.sub("", path.stem)
    for number in count(1):
        more = "" if number == 1 else f"-{number}"
        tried = path.with_name(f"{stem}.result{more}{path.suffix}")
        if not tried.exists():
            return tried
    raise AssertionError  # numbers do not end


def _figures(name: str, plan: Plan) -> str:
    return say(
        "{name}：新增 {created}，更新 {updated}，不变 {unchanged}，拒绝 {rejected}",
        "{name}: {created} created, {updated} updated, {unchanged} unchanged, {rejected} rejected",
        name=name,
        created=plan.created,
        updated=plan.updated,
        unchanged=plan.unchanged,
        rejected=plan.rejected,
    )


def _lines(found: Import, plan: Plan) -> Iterator[str]:
    for error in plan.errors:
        yield _at_cell(error)
    if plan.more_errors:
        yield say(
            "另有 {more} 处错误未列出，标注后的原表（--result）中全部列出。",
            "{more} more errors are not listed: the table that --result saves has all of them.",
            more=plan.more_errors,
        )
    for warning in plan.warnings:
        yield say("提示：{line}", "Note: {line}", line=_at_cell(warning))
    for sheet in found.sheets:
        yield from _left_out(sheet)


def _at_cell(told: CellMessage) -> str:
    sheet = f"{told.sheet}!" if told.sheet else ""
    column = " ".join(part for part in (told.column, told.heading) if part)
    place = f"{sheet}{told.row}, {column}" if column else f"{sheet}{told.row}"
    return say("{place}：{detail}", "{place}: {detail}", place=place, detail=told.detail)


def _left_out(sheet: ReadSheet) -> Iterator[str]:
    if not sheet.read:
        yield say("未读取的工作表：{name}", "Sheet that is not read: {name}", name=sheet.name)
    if sheet.ignored:
        yield say(
            "未读取的列：{names}",
            "Columns that are not read: {names}",
            names=say("、", ", ").join(sheet.ignored),
        )
    if sheet.skipped:
        yield say(
            "跳过的行（合计、说明等）：{rows}",
            "Rows that are skipped (totals, notes and the like): {rows}",
            rows=say("、", ", ").join(map(str, sheet.skipped)),
        )


def _names(plan: Plan) -> Iterator[str]:
    for name in plan.resolved:
        yield say(
            "{value} → {name}（{above}），{rows} 行",
            "{value} → {name} ({above}), {rows} rows",
            value=name.value,
            name=f"{name.name} {name.code}" if name.code else name.name,
            above=name.above,
            rows=name.rows,
        )
