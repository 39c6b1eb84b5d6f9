"""`dajiatan export`: a ledger, a table or a document of the service, kept as a file."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import typer

from app.cli.calling import Calling, get_campaign, get_organization_id
from app.cli.speech import say, tell
from app.client import exports
from app.client.answers import Export
from app.client.calls import Client
from app.client.names import DOCUMENTS, ExportFormat, ExportKind
from app.kit.language import Language


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which file is wanted, and where to."""

    kind: ExportKind | None
    output: Path
    export_format: ExportFormat | None
    wanted: str | None
    resume: str | None
    campaign: str | None
    unit: str | None
    language: Language


def run(calling: Calling, wanted: Wanted) -> None:
    """Ask for it, wait until it is made, and keep it."""
    chosen = _filter(wanted)
    with calling.client() as client:
        export_id = wanted.resume or _ask(calling, client, wanted, chosen)
        calling.can_resume("export", "--resume", export_id, "-o", str(wanted.output))
        with calling.display.waiting(say("生成文件", "Making the file")) as moved:
            made = exports.wait_for(client, export_id, on_progress=moved)
        if made.status != "succeeded":
            _refuse(calling, made)
        with calling.display.step(say("下载", "Fetching it")) as moved:
            received = exports.download(client, export_id, wanted.output, on_received=moved)
        calling.answer({**made.document, "file": str(received.path)})
        calling.display.line(
            say(
                "{file}：{rows} 行，{size} 字节",
                "{file}: {rows} rows, {size} bytes",
                file=received.path,
                rows="—" if made.rows is None else made.rows,
                size=received.size,
            )
        )


def _ask(calling: Calling, client: Client, wanted: Wanted, chosen: dict[str, Any] | None) -> str:
    """Ask for a new one; return its id."""
    if wanted.kind is None:
        raise typer.BadParameter(
            say("请写明导出什么，或用 --resume。", "Say what is wanted, or --resume."),
            param_hint="KIND",
        )
    campaign = get_campaign(calling, client, wanted.campaign)
    asked = exports.ask(
        client,
        wanted.kind,
        _format(wanted, wanted.kind),
        campaign["id"],
        unit_id=get_organization_id(calling, client, wanted.unit),
        wanted=chosen,
        language=wanted.language,
    )
    tell("导出 {id}", "Export {id}", id=asked.id)
    return asked.id


def _refuse(calling: Calling, made: Export) -> None:
    calling.can_resume()
    if made.problem is None:
        said = say("导出已取消。", "The export was cancelled.")
        calling.fail({"code": made.status, "detail": said}, said)
    calling.fail(made.problem.document, made.problem.detail)


def _format(wanted: Wanted, kind: ExportKind) -> ExportFormat:
    """Return the format: as said, else by the name of the file, else what the kind has."""
    if wanted.export_format is not None:
        return wanted.export_format
    suffix = wanted.output.suffix.removeprefix(".").lower()
    by_name: dict[str, ExportFormat] = {name: name for name in get_args(ExportFormat)}
    return by_name.get(suffix, "docx" if kind in DOCUMENTS else "xlsx")


def _filter(wanted: Wanted) -> dict[str, Any] | None:
    """Return the filter; refuses wrong usage before anything is sent."""
    others = (wanted.kind, wanted.export_format, wanted.wanted, wanted.campaign, wanted.unit)
    if wanted.resume is not None and any(each is not None for each in others):
        raise typer.BadParameter(
            say("只与 -o 同用。", "goes with -o alone."), param_hint="--resume"
        )
    if not wanted.output.absolute().parent.is_dir():
        raise typer.BadParameter(
            say("所在文件夹不存在。", "Its folder does not exist."), param_hint="-o"
        )
    if wanted.wanted is None:
        return None
    try:
        found = json.loads(wanted.wanted)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise typer.BadParameter(say("应为 JSON 对象。", "must be a JSON object."),
                                 param_hint="--filter")  # fmt: skip
    return found
