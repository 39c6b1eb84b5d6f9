"""Codes of files that are made of the records, under the names that they customarily have."""

from app.models.vocabulary.coded import Coded


class ExportKind(Coded):
    """What is made into a file."""

    ACTIVITIES = "activities", "活动台账", "activity ledger"
    FINDINGS = "findings", "整改台账", "rectification ledger"
    OPINIONS = "opinions", "群众意见台账", "ledger of opinions"
    THREE_ONES_DETAIL = (
        "three_ones_detail",
        "“三个一”完成情况表（明细）",
        "three ones, by leader",
    )
    THREE_ONES_SUMMARY = (
        "three_ones_summary",
        "“三个一”完成情况表（汇总）",
        "three ones, by unit",
    )
    STATISTICS = "statistics", "情况统计表", "statistics by unit"
    REPORTS = "reports", "信息报送情况", "written submissions"
    RECEPTIONS = "receptions", "党代表接待情况", "receptions by Party delegates"
    OPEN_OBLIGATIONS = "open_obligations", "未完成任务清单", "obligations not yet met"
    URGING = "urging", "催办单", "urging list by unit"
    BULLETIN = "bulletin", "工作简报", "bulletin"
    CIRCULAR = "circular", "通报", "circular"


class ExportFormat(Coded):
    """What sort of file."""

    XLSX = "xlsx", "电子表格", "Excel workbook"
    CSV = "csv", "逗号分隔文本", "CSV text"
    NDJSON = "ndjson", "逐行文本（供程序读取）", "NDJSON, for programs"
    DOCX = "docx", "文字文档", "Word document"


class ExportStatus(Coded):
    """The life of an export."""

    QUEUED = "queued", "排队", "queued"
    RUNNING = "running", "生成中", "being made"
    SUCCEEDED = "succeeded", "已生成", "made"
    FAILED = "failed", "未能生成", "failed"
    CANCELLED = "cancelled", "已取消", "cancelled"
