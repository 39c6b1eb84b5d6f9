"""Codes of imports: what comes in, how, and how far it is."""

from app.models.vocabulary.coded import Coded


class ImportResource(Coded):
    """What a table holds."""

    ACTIVITIES = "activities", "活动台账", "activities"
    LEADER_RECORDS = "leader_records", "“三个一”台账", "leader records"
    REPORTS = "reports", "报送材料", "reports"
    UNITS = "units", "党组织及工作部门", "units"
    BRANCHES = "branches", "党支部", "branches"
    LEADERS = "leaders", "党员领导干部", "leading cadres"
    FINDINGS = "findings", "整改台账", "findings"
    ORGANIZATIONS = "organizations", "党组织架构", "units and branches in one table"
    DIVISIONS = "divisions", "行政区划", "administrative divisions"


class CountingReason(Coded):
    """Why what a row wrote counts for nothing."""

    WAITS = "waits", "待审核", "waits for a review"
    LACKS = "lacks", "尚缺内容", "lacks something that is asked for"
    ASKED_BY_NONE = "asked_by_none", "无对应要求", "nothing asks for it"


class ImportStatus(Coded):
    """The life of an import."""

    PARSING = "parsing", "读取中", "being read"
    PLANNED = "planned", "已生成预览", "planned"
    APPLYING = "applying", "写入中", "being written"
    APPLIED = "applied", "已写入", "written"
    FAILED = "failed", "未能完成", "failed"
    CANCELLED = "cancelled", "已取消", "cancelled"


class ImportErrors(Coded):
    """What becomes of a table with wrong rows."""

    REJECT_ALL = "reject_all", "全部不写入", "nothing is written"
    SKIP_BAD_ROWS = "skip_bad_rows", "跳过有误行", "wrong rows are left out"


class ImportResult(Coded):
    """In which form a table comes back."""

    TABLE = "table", "原表格（标出错误）", "the caller's own table, marked"
    NDJSON = "ndjson", "逐行文本（供程序读取）", "NDJSON, for programs"


class NameMatch(Coded):
    """How a name in a table became a record."""

    CODE = "code", "代码相符", "by its code"
    NAME = "name", "名称相符", "by its name"
    LEVELLED = "levelled", "忽略空格、括号等后相符", "by its name, spaces and brackets aside"
    WITH_UNIT = "with_unit", "冠以上级名称后相符", "by its name after that of the unit above"
    UNIT = "unit", "同名中属于本单位的", "of several of one name that of the same unit"
    IN_FILE = "in_file", "同一文件中的另一行", "another row of the same file"


class Lacking(Coded):
    """What an organization lacks that a campaign has not reached."""

    INSPECTION = "inspection", "未受指导检查", "not inspected"
    MEETING = "meeting", "未召开专题组织生活会", "without a themed meeting"


class FileLanguage(Coded):
    """In which language a file is made."""

    ZH = "zh", "中文", "Chinese"
    EN = "en", "英文", "English"
