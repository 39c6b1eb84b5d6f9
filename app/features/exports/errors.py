"""Problems of exports."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

WRONG_FORMAT = FieldErrorKind(
    "wrong_export_format",
    "{kind}不能导出为此格式；可填：{expected}",
    "is no format of this kind ({kind}); one of: {expected}",
)
CHINESE_ONLY = FieldErrorKind(
    "chinese_only", "公文只有中文，请选择中文", "must be zh: official documents are in Chinese"
)
UNFIT_WRITING = FieldErrorKind(
    "unfit_writing",
    "不是本主题活动中已报送且在当前凭证范围内的材料",
    "is no writing of this campaign that was handed in and is in sight",
)
UNKNOWN_SNAPSHOT = FieldErrorKind(
    "unknown_snapshot",
    "没有此单位这一主题活动的这份印发数据，或不在当前凭证的范围内；通报只能依据已印发的进度数据生成",
    "names no issued figures of this unit and campaign in sight: a circular is made of such alone",
)


class ExportNotReady(Conflict):
    """The file is asked for before it is made, or although it will not be."""

    code = "export_not_ready"
    title = Text("文件尚未生成", "Not made yet")
    detail = Text(
        "该导出当前为“{status}”，没有可下载的文件。",
        "This export is {status}: there is no file to fetch.",
    )


class ExportEnded(Conflict):
    """It is over: there is nothing to cancel."""

    code = "export_ended"
    title = Text("导出已结束", "Export is over")
    detail = Text(
        "该导出当前为“{status}”，不能取消。",
        "This export is {status}: it cannot be cancelled.",
    )


class TooManyExports(Conflict):
    """So many are waiting for this caller already that one more would not come sooner."""

    code = "too_many_exports"
    title = Text("待生成的导出过多", "Too many exports waiting")
    detail = Text(
        "当前凭证已有 {count} 项导出尚未生成，请待其完成或取消后再提交。",
        "This caller has {count} exports that are not made yet: wait for them, or cancel some.",
    )


class ExportFileGone(Conflict):
    """The row is there, its file is not: a restored backup holds none."""

    code = "export_file_gone"
    title = Text("文件已不存在", "File is gone")
    detail = Text(
        "该文件已清除，请重新导出。",
        "The file is gone: ask for the export again.",
    )
