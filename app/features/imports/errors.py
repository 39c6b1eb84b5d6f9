"""Problems of imports: of the file, of a cell of it, of the plan."""

from typing import Final

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind
from app.kit.tables import limits

UNREADABLE: Final = FieldErrorKind(
    "unreadable_table",
    "文件打不开或已损坏，请用电子表格软件重新另存为“.xlsx”后再导入",
    "cannot be opened: save it anew as .xlsx and send that",
)
OLD_WORKBOOK: Final = FieldErrorKind(
    "old_workbook",
    "是旧版“.xls”或加密的工作簿，请去掉密码并另存为“.xlsx”",
    "is an old .xls or an encrypted workbook: save it as .xlsx without a password",
)
MACROS: Final = FieldErrorKind(
    "workbook_with_macros",
    "工作簿带有宏，请另存为不含宏的“.xlsx”",
    "holds macros: save it as .xlsx without them",
)
UNPACKED: Final = FieldErrorKind(
    "table_too_large",
    "展开后的内容过大，请删去多余的工作表和空行，或分成几个文件",
    "unpacks to too much: remove sheets and empty rows, or divide it into several files",
)
ROWS: Final = FieldErrorKind(
    "too_many_rows", "超过 {limit} 行，请分成几个文件", "has more than {limit} rows: divide it"
)
COLUMNS: Final = FieldErrorKind(
    "too_many_columns",
    "第 {limit} 列之后还有内容，请删去多余的列",
    "has something beyond column {limit}: remove what is not needed",
)
SHEETS: Final = FieldErrorKind(
    "too_many_sheets", "超过 {limit} 个工作表", "has more than {limit} sheets"
)
CELL: Final = FieldErrorKind(
    "cell_too_long", "有单元格超过 {limit} 个字符", "has a cell of more than {limit} characters"
)
ENCODING: Final = FieldErrorKind(
    "unknown_encoding",
    "文字编码无法识别，请另存为“.xlsx”，或以 UTF-8、GBK 编码的文本",
    "is text in an unknown encoding: save it as .xlsx, or as text in UTF-8 or GBK",
)
ENTITIES: Final = FieldErrorKind(
    "workbook_with_entities",
    "工作簿内含自定义实体，不予接收，请用电子表格软件重新另存",
    "declares entities of its own, which is not taken: save it anew with Excel or WPS",
)
LINE: Final = FieldErrorKind(
    "bad_json_line",
    "第 {line} 行不是完整的 JSON",
    "has no complete JSON with fields in line {line}",
)
NO_TABLE: Final = FieldErrorKind(
    "no_table",
    "不是可导入的表格；可用“.xlsx”“.csv”“.ndjson”",
    "is no table: send .xlsx, .csv or .ndjson",
)
COSTLY: Final = FieldErrorKind(
    "table_too_costly",
    "读取此文件所需的时间或内存超出限度，请删去多余内容或分成几个文件",
    "takes too much time or memory to read: remove what is not needed, or divide it",
)
BAD_MAPPING: Final = FieldErrorKind(
    "bad_mapping",
    "应为 JSON，写明表头对应的字段，如“{example}”",
    "must be JSON with headings and their fields, such as {example}",
)
UNKNOWN_MAPPED: Final = FieldErrorKind(
    "unknown_mapped_field",
    "“{heading}”对应的字段不存在；可填：{expected}",
    "names no field for “{heading}”: there are {expected}",
)
MAPPED_TWICE: Final = FieldErrorKind(
    "mapped_twice",
    "表头“{heading}”重复，每个表头只能对应一次",
    "maps the heading “{heading}” twice",
)
REASONS: Final = {
    limits.BROKEN: (UNREADABLE, 0),
    limits.OLD: (OLD_WORKBOOK, 0),
    limits.MACROS: (MACROS, 0),
    limits.TOO_LARGE: (UNPACKED, 0),
    limits.TOO_MANY_ROWS: (ROWS, limits.MAX_ROWS),
    limits.TOO_MANY_COLUMNS: (COLUMNS, limits.MAX_COLUMNS),
    limits.TOO_MANY_SHEETS: (SHEETS, limits.MAX_SHEETS),
    limits.CELL_TOO_LONG: (CELL, limits.MAX_CELL),
    limits.UNREADABLE_TEXT: (ENCODING, 0),
    limits.ENTITIES: (ENTITIES, 0),
    limits.OTHER_TYPE: (NO_TABLE, 0),
    "": (COSTLY, 0),
}
"""Why a file is not taken: the reason of `app.kit.tables.limits`, what is said, and its limit."""

UNRESOLVED: Final = FieldErrorKind(
    "unresolved_name",
    "找不到“{name}”{similar}",
    "finds no “{name}”{similar}",
)
AMBIGUOUS: Final = FieldErrorKind(
    "ambiguous_name",
    "“{name}”不止一个：{candidates}；请写明代码或上级名称",
    "“{name}” may be any of {candidates}: give its code, or the name of the unit above",
)
NOT_A_DAY: Final = FieldErrorKind(
    "not_a_day",
    "“{value}”不是日期，请写成 2013-01-15 的样子",
    "“{value}” is no day: write it like 2013-01-15",
)
YEAR_MISSING: Final = FieldErrorKind(
    "year_missing",
    "“{value}”没有年份，且不能由主题活动期间推定",
    "“{value}” has no year, and the campaign leaves open which",
)
NOT_A_NUMBER: Final = FieldErrorKind(
    "not_a_number", "“{value}”不是数字，请只写数字", "“{value}” is no number: write digits alone"
)
UNKNOWN_LABEL: Final = FieldErrorKind(
    "unknown_label", "“{value}”不在可填范围内；可填：{expected}", "“{value}” is none of {expected}"
)
ERROR_CELL: Final = FieldErrorKind(
    "error_cell",
    "单元格显示错误（{value}），请改正公式或直接填写内容",
    "shows an error ({value}): correct the formula, or fill in what it should say",
)
NEVER_COMPUTED: Final = FieldErrorKind(
    "never_computed",
    "公式没有计算结果，请用电子表格软件打开并保存后再导入",
    "is a formula without its result: open and save the file with Excel or WPS",
)
LOSSY_NUMBER: Final = FieldErrorKind(
    "lossy_number",
    "长数字的末几位已丢失（{value}），请把该列设为文本格式后重新填写",
    "has lost its last digits ({value}): format the column as text and fill it in anew",
)
CONTRADICTION: Final = FieldErrorKind(
    "contradicting_cells",
    "与“{heading}”列的内容不一致",
    "does not agree with the column “{heading}”",
)
NO_HEADING: Final = FieldErrorKind(
    "no_heading_found",
    "每个工作表的前 {rows} 行中没有可识别的表头，请使用模板，或说明表头对应的字段",
    "has no headings that are recognised in the first {rows} rows of a sheet: use the template, or "
    "give a mapping",
)
REPEATED_ROW: Final = FieldErrorKind(
    "repeated_row", "与第 {line} 行重复", "repeats row {line} of the file"
)
NO_SUCH_ACTIVITY: Final = FieldErrorKind(
    "no_such_activity_in_file",
    "在活动台账中找不到对应的活动（{named}），请核对活动序号或名称、日期、组织",
    "belongs to no activity of the file ({named}): check its number, or its title, day and "
    "organization",
)
SEVERAL_ACTIVITIES: Final = FieldErrorKind(
    "several_activities_in_file",
    "对应的活动不止一项（第 {lines} 行），请写明活动序号或日期、组织",
    "may belong to any of several activities (row {lines}): give its number, or its day and "
    "organization",
)
UNEQUAL_PARTS: Final = FieldErrorKind(
    "unequal_parts",
    "条数（{count}）与“{heading}”的条数（{expected}）不一致，请一一对应填写",
    "has {count} entries, but “{heading}” has {expected}: fill in one for each",
)
SEVERAL_SUPERIORS: Final = FieldErrorKind(
    "several_superiors",
    "上级“{name}”不止一个（第 {candidates} 行），请改填代码",
    "names a superior “{name}” that may be any of several (row {candidates}): give its code",
)
SUPERIOR_CYCLE: Final = FieldErrorKind(
    "superior_cycle",
    "上级关系成环：{circle}",
    "has itself among its superiors: {circle}",
)
SUPERIOR_WRONG: Final = FieldErrorKind(
    "superior_row_wrong",
    "上级所在的第 {line} 行有误，请先更正该行",
    "stands below row {line}, which is wrong: correct that first",
)
DIVISION_UNCLEAR: Final = FieldErrorKind(
    "division_unclear",
    "不能判断“{name}”是村（社区）还是上一级区划，请补充级别列（1 至 5）",
    "leaves open whether “{name}” is a village or something above: add a column of levels (1 to 5)",
)
CODE_UNCLEAR: Final = FieldErrorKind(
    "division_code_unclear",
    "不能由“{code}”推定“{name}”的代码，请为其单列一行",
    "does not give “{name}” a code by “{code}”: add a row of its own",
)
NO_SUPERIOR_ROW: Final = FieldErrorKind(
    "no_superior_row",
    "上级“{name}”不在文件中",
    "names a superior “{name}” that is in no row of the file",
)
NO_NAMES: Final = FieldErrorKind(
    "no_division_names",
    "只有代码，没有名称，请补充名称列",
    "has codes without names: add a column of names",
)
NO_CODES: Final = FieldErrorKind(
    "no_division_codes",
    "没有代码列，不能据以建立组织，请补充区划代码",
    "has no codes, by which organizations are known again: add a column of codes",
)
CAMPAIGN_UNCLEAR: Final = FieldErrorKind(
    "campaign_unclear",
    "不能确定属于哪项主题活动，请在导入时指定（{candidates}）",
    "leaves open which campaign it belongs to: name one when you import ({candidates})",
)
CHANGED_SINCE: Final = FieldErrorKind(
    "changed_since_plan",
    "预览之后数据已有变化，请重新导入",
    "has changed since the plan was made: import the file again",
)


class WrongImportState(Conflict):
    """An import that has another status than the action needs."""

    code = "wrong_import_state"
    title = Text("导入状态不符", "Import in another state")
    detail = Text(
        "此导入的状态为“{status}”，不能执行该操作。",
        "The import is {status}, which does not allow this.",
    )


class ImportHasErrors(Conflict):
    """All or nothing was asked for, and some rows are wrong."""

    code = "import_has_errors"
    title = Text("有错误行", "Rows are wrong")
    detail = Text(
        "有 {count} 行有误，未作任何改动；请更正后重新导入，或选择跳过错误行。",
        "{count} row(s) are wrong and nothing was changed; correct them, or choose to skip them.",
    )


class PlanOutdated(Conflict):
    """Records that the plan names have changed, or are there by now."""

    code = "plan_outdated"
    title = Text("预览已过期", "Plan out of date")
    detail = Text(
        "预览之后数据已有变化（第 {lines} 行），未作任何改动；请重新导入。",
        "Data has changed since the plan was made (row {lines}) and nothing was written; import "
        "the file again.",
    )


class NoResultYet(Conflict):
    """The file has not been planned yet, or could not be."""

    code = "no_result_yet"
    title = Text("尚无结果", "No result yet")
    detail = Text("此导入尚未完成预览。", "The import has not been planned yet.")


class ImportWorkerFailed(Conflict):
    """Why an import ended that no row is to blame for."""

    code = "import_failed"
    title = Text("导入未完成", "Import failed")
    detail = Text(
        "导入过程中断，未写入的部分没有任何改动；请重新导入。",
        "The import was interrupted; what was not written has changed nothing. Import it again.",
    )


class NoHierarchy(Conflict):
    """A file of divisions that does not say who is above whom."""

    code = "no_hierarchy"
    title = Text("上下级关系不明", "No hierarchy")
    detail = Text(
        "文件看不出各区划的上下级关系，请补充上级代码列或级别列（1 至 5）后重新导入。",
        "The file does not say who is above whom; add a column with the superior's code, or of "
        "levels (1 to 5), and import it again.",
    )
