"""The commands that call a running service: `import`, `export` and `progress`, and their options.

The imports are inside the commands so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from app.cli.speech import LANGUAGE, say
from app.client.names import ExportFormat, ExportKind, GroupBy, OnError, Resource
from app.kit.language import Language


def _list(choices: Any) -> str:
    return say("、 ", ", ").join(get_args(choices))


_Url = Annotated[
    str,
    typer.Option(
        envvar="DAJIATAN_URL", metavar="URL", help=say("服务地址。", "Address of the service.")
    ),
]
_KeyFile = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        help=say("密钥文件； 不填则取 DAJIATAN_KEY。", "File with the key, else DAJIATAN_KEY."),
    ),
]
_Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help=say(
            "标准输出只有一份 JSON， 供程序读取。",
            "Print one JSON document on standard output, for programs.",
        ),
    ),
]
_Campaign = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help=say(
            "主题活动代码； 仅有一项进行中的可不填。",
            "Code of the campaign; needed unless one alone is open.",
        ),
    ),
]
_Unit = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help=say(
            "组织代码（本级及所属）； 不填为密钥所在组织。",
            "Code of the unit, with all below it; where the key belongs unless given.",
        ),
    ),
]
_Lang = Annotated[Language, typer.Option(help=say("提示语言。", "Language of the messages."))]
_FileLang = Annotated[
    Language,
    typer.Option(help=say("提示和表头语言。", "Language of messages and of headings.")),
]
_File = Annotated[
    Path | None,
    typer.Argument(
        exists=True,
        dir_okay=False,
        readable=True,
        metavar="FILE",
        help=say("台账文件：xlsx、 csv 或 ndjson。", "The table: xlsx, csv or ndjson."),
    ),
]
_Resource = Annotated[
    Resource | None,
    typer.Option(
        metavar="NAME",
        help=say("数据种类： {names}。", "What the rows are: {names}.", names=_list(Resource)),
    ),
]
_ResumeImport = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help=say("接着处理此前的导入。", "Go on with an import that was begun.")
    ),
]
_Apply = Annotated[
    bool,
    typer.Option(
        "--apply/--preview",
        help=say("按预览写入， 或仅预览。", "Write what the plan says, or only show the plan."),
    ),
]
_OnError = Annotated[
    OnError | None,
    typer.Option(
        metavar="HOW",
        help=say(
            "有错误行时： 全部不写 reject_all， 或 跳过 skip_bad_rows。",
            "Where rows are wrong: reject_all, the default, or skip_bad_rows.",
        ),
    ),
]
_Mapping = Annotated[
    list[str] | None,
    typer.Option(
        metavar="HEADING=FIELD",
        help=say(
            "表头对应的字段， 可多次填写； 等号后为空的列不读取。",
            "The field of a heading; repeat it. Nothing after = leaves the column out.",
        ),
    ),
]
_Source = Annotated[
    str | None,
    typer.Option(
        metavar="CODE",
        help=say(
            "来源系统代码； 对应关系下次沿用。", "Your system; the mapping is remembered by it."
        ),
    ),
]
_Result = Annotated[
    Path | None,
    typer.Option(
        dir_okay=False,
        metavar="FILE",
        help=say("标注后的原表存为此文件。", "Save the table with what is wrong marked in it."),
    ),
]
_Resolved = Annotated[
    bool,
    typer.Option(
        "--resolved", help=say("列出每个名称的对应。", "Show what each name was taken for.")
    ),
]
_Output = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        dir_okay=False,
        metavar="FILE",
        help=say("存为此文件。", "The file to be written."),
    ),
]
_Kind = Annotated[
    ExportKind | None,
    typer.Argument(
        metavar="KIND",
        help=say("导出什么。", "What is wanted."),
    ),
]
_Format = Annotated[
    ExportFormat | None,
    typer.Option(
        "--format",
        help=say("格式； 不填按文件扩展名。", "Format; by the name of the file unless given."),
    ),
]
_Filter = Annotated[
    str | None,
    typer.Option(
        "--filter",
        metavar="JSON",
        help=say("筛选条件， 因种类而异。", "The filter, by kind: see docs/guides/exports.md."),
    ),
]
_ResumeExport = Annotated[
    str | None,
    typer.Option(
        metavar="ID", help=say("接着取此前的导出。", "Go on with an export that was begun.")
    ),
]
_By = Annotated[
    GroupBy,
    typer.Option(
        "--by",
        help=say("分组： 下级、 领域或工作要求。", "Groups: children, sectors or requirements."),
    ),
]
_Requirement = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help=say("只计此工作要求， 可多次填写。", "Only this requirement; repeat it."),
    ),
]
_AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM-DD", help=say("截至此日， 默认今天。", "A past day; today if left out.")
    ),
]
_HOME = "http://127.0.0.1:8000"


def import_(  # noqa: PLR0913 - the options, each by its name
    file: _File = None,
    resource: _Resource = None,
    resume: _ResumeImport = None,
    apply: _Apply = False,
    on_error: _OnError = None,
    mapping: _Mapping = None,
    source: _Source = None,
    campaign: _Campaign = None,
    unit: _Unit = None,
    result: _Result = None,
    resolved: _Resolved = False,
    as_json: _Json = False,
    url: _Url = _HOME,
    key_file: _KeyFile = None,
    lang: _Lang = LANGUAGE,  # noqa: ARG001 - `speech` has read it
) -> None:
    """Status 1 where a row is rejected, or the service refuses."""
    from app.cli import importing  # noqa: PLC0415 - see the module's docstring
    from app.cli.calling import Calling  # noqa: PLC0415 - as above

    wanted = importing.Wanted(
        file=file, resource=resource, resume=resume, on_error=on_error, mapping=mapping or [],
        source=source, campaign=campaign, unit=unit, apply=apply, result=result, resolved=resolved,
    )  # fmt: skip
    importing.run(Calling(url, key_file, as_json=as_json), wanted)


def export(  # noqa: PLR0913 - the options, each by its name
    output: _Output,
    kind: _Kind = None,
    export_format: _Format = None,
    wanted: _Filter = None,
    resume: _ResumeExport = None,
    campaign: _Campaign = None,
    unit: _Unit = None,
    as_json: _Json = False,
    url: _Url = _HOME,
    key_file: _KeyFile = None,
    lang: _FileLang = LANGUAGE,
) -> None:
    """Status 1 where the service refuses."""
    from app.cli import exporting  # noqa: PLC0415 - see the module's docstring
    from app.cli.calling import Calling  # noqa: PLC0415 - as above

    asked = exporting.Wanted(
        kind=kind, output=output, export_format=export_format, wanted=wanted, resume=resume,
        campaign=campaign, unit=unit, language=lang,
    )  # fmt: skip
    exporting.run(Calling(url, key_file, as_json=as_json), asked)


def progress(  # noqa: PLR0913 - the options, each by its name
    by: _By = "children",
    requirement: _Requirement = None,
    as_of: _AsOf = None,
    campaign: _Campaign = None,
    unit: _Unit = None,
    as_json: _Json = False,
    url: _Url = _HOME,
    key_file: _KeyFile = None,
    lang: _Lang = LANGUAGE,  # noqa: ARG001 - `speech` has read it
) -> None:
    """Status 1 where the service refuses."""
    from app.cli import figures  # noqa: PLC0415 - see the module's docstring
    from app.cli.calling import Calling  # noqa: PLC0415 - as above

    asked = figures.Wanted(
        campaign=campaign, unit=unit, by=by, requirements=requirement or [], as_of=as_of
    )
    figures.run(Calling(url, key_file, as_json=as_json), asked)


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.command(
        "import",
        help=say(
            "导入台账：先预览，--apply 按预览写入，错误逐行列出。",
            "Import a table: a plan first, with each error at its cell; --apply writes it.",
        ),
    )(import_)
    app.command(
        "export",
        help=say("导出台账、统计表、简报或通报。", "Export a ledger, a table or a document."),
    )(export)
    app.command(
        "progress",
        help=say("查看进度：本级及各下级完成情况。", "Show who has done what, by unit."),
    )(progress)
