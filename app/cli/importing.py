"""`dajiatan import`: a table into the service, its plan first and then exactly that plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from app.cli import plans
from app.cli.calling import Calling, get_campaign, get_organization_id
from app.cli.speech import refuse, say, tell
from app.client import imports
from app.client.answers import Import
from app.client.calls import Client
from app.client.names import OnError, Resource


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which table, or which import that was begun, and what is to be done with its plan."""

    file: Path | None
    resource: Resource | None
    resume: str | None
    on_error: OnError | None
    mapping: Sequence[str]
    source: str | None
    campaign: str | None
    unit: str | None
    apply: bool
    result: Path | None
    resolved: bool


def run(calling: Calling, wanted: Wanted) -> None:
    """Show the plan, and carry it out if that is wanted; status 1 where rows are rejected."""
    _require_usage(wanted)
    mapping = _mapping(wanted.mapping)
    with calling.client() as client:
        import_id = wanted.resume or _send(calling, client, wanted, mapping)
        calling.can_resume("import", "--resume", import_id, *_kept(wanted))
        found = _wait(calling, client, import_id, say("读取并预览", "Reading and planning"))
        plans.show(calling.display, found, resolved=wanted.resolved)
        if wanted.apply and found.status == "planned" and _may_apply(found):
            planned = imports.apply(client, found)
            found = _wait(calling, client, import_id, say("写入", "Writing"))
            plans.show_end(calling.display, planned, found)
        _end(calling, client, found, wanted)


def _send(calling: Calling, client: Client, wanted: Wanted, mapping: dict[str, str | None]) -> str:
    """Send the table; return the id of the import."""
    if wanted.file is None or wanted.resource is None:
        raise typer.BadParameter(
            say(
                "请写明文件和 --resource，或用 --resume。",
                "Name a file and --resource, or --resume.",
            ),
            param_hint="FILE",
        )
    # Before a large file goes: who is refused hears of it at once, and what has answered is waited
    # for when it breaks off.
    client.get("/v1/me")
    campaign = get_campaign(calling, client, wanted.campaign)["id"] if wanted.campaign else None
    unit = get_organization_id(calling, client, wanted.unit)
    title = say("上传 {name}", "Sending {name}", name=wanted.file.name)
    with calling.display.step(title) as moved:
        sent = imports.send(
            client,
            wanted.file,
            wanted.resource,
            on_error=wanted.on_error,
            mapping=mapping,
            source=wanted.source,
            campaign_id=campaign,
            org_id=unit,
            on_sent=moved,
        )
    tell("导入 {id}", "Import {id}", id=sent.id)
    return sent.id


def _wait(calling: Calling, client: Client, import_id: str, title: str) -> Import:
    with calling.display.waiting(title) as moved:
        return imports.wait_for(client, import_id, on_progress=moved)


def _may_apply(found: Import) -> bool:
    """Return whether the service would carry the plan out."""
    plan = found.plan
    return plan is not None and not (plan.rejected and found.on_error == "reject_all")


def _end(calling: Calling, client: Client, found: Import, wanted: Wanted) -> None:
    """Save the table with what is wrong with it, say what comes next, and end with the status."""
    saved = _save(client, found, wanted)
    calling.answer({**found.document, "result_file": str(saved) if saved else None})
    if saved is not None:
        tell("标注后的原表已存为 {file}", "The table with what is wrong in it: {file}", file=saved)
    if found.problem is not None:
        refuse("{detail}", "{detail}", detail=found.problem.detail)
    if found.plan is None or found.status == "cancelled":
        refuse("导入已取消。", "The import was cancelled.")
    if found.status == "planned":
        _tell_what_next(calling, found, wanted)
    if found.plan.rejected:
        raise typer.Exit(1)


def _save(client: Client, found: Import, wanted: Wanted) -> Path | None:
    """Keep the caller's own table back where that was asked for, or rows were to be written."""
    if found.plan is None:
        return None
    if wanted.result is None and not (wanted.apply and found.plan.rejected):
        return None
    path = wanted.result or plans.free_name(wanted.file or Path(found.filename).name)
    return imports.download_result(client, found.id, Path(path)).path


def _tell_what_next(calling: Calling, found: Import, wanted: Wanted) -> None:
    if wanted.apply:
        tell("有错误行，未写入任何内容；请更正后重新导入，或用 --on-error skip_bad_rows。",
             "Rows are wrong and nothing was written: correct them and import the table again, "
             "or use --on-error skip_bad_rows.")  # fmt: skip
    elif _may_apply(found):
        command = calling.resume_with("--apply")
        tell("尚未写入。按此预览写入：{command}", "Nothing is written yet. To write it: {command}",
             command=command)  # fmt: skip
    else:
        tell("尚未写入。有错误行，更正后重新导入，或用 --on-error skip_bad_rows。",
             "Nothing is written yet. Rows are wrong: correct them and import the table again, or "
             "use --on-error skip_bad_rows.")  # fmt: skip


def _kept(wanted: Wanted) -> list[str]:
    """Return the options that going on needs again."""
    kept = ["--apply"] if wanted.apply else []
    return [*kept, "--result", str(wanted.result)] if wanted.result else kept


def _require_usage(wanted: Wanted) -> None:
    given: dict[str, Any] = {
        "FILE": wanted.file, "--resource": wanted.resource, "--on-error": wanted.on_error,
        "--mapping": wanted.mapping, "--source": wanted.source, "--campaign": wanted.campaign,
        "--unit": wanted.unit,
    }  # fmt: skip
    if wanted.resume is not None:
        for name, value in given.items():
            if value:
                raise typer.BadParameter(
                    say("不能与 --resume 同用。", "does not go with --resume."), param_hint=name
                )
    if wanted.result is not None:
        if wanted.file is not None and wanted.result.absolute() == wanted.file.absolute():
            raise typer.BadParameter(
                say("不能是原表自己。", "must be another file than the table."),
                param_hint="--result",
            )
        if not wanted.result.absolute().parent.is_dir():
            raise typer.BadParameter(
                say("所在文件夹不存在。", "Its folder does not exist."), param_hint="--result"
            )


def _mapping(given: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for each in given:
        heading, equals, field = each.rpartition("=")
        if not equals or not heading or heading in found:
            raise typer.BadParameter(
                say("应为“表头=字段”，每个表头一次。", "must be HEADING=FIELD, each heading once."),
                param_hint="--mapping",
            )
        found[heading] = field or None
    return found
