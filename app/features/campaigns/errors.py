"""Problems of campaigns and requirements."""

from app.kit.language import Text
from app.kit.problems import Conflict, FieldErrorKind

BAD_DOCUMENT_NUMBER = FieldErrorKind(
    "bad_document_number",
    "发文字号格式不对，应如“佛组通〔2013〕5号”",
    "must be a document number such as 佛组通〔2013〕5号",
)
CLASSIFIED = FieldErrorKind(
    "classified",
    "涉密文件不得进入本系统，只接受不涉密的文件",
    "classified documents must not enter this service",
)
REPEATED_CODE = FieldErrorKind(
    "repeated_code", "与前面的 {code} 重复", "repeats {code}, which was given before"
)
UNKNOWN_PARENT_CODE = FieldErrorKind(
    "unknown_parent_code",
    "前面没有代码 {code}",
    "names the code {code}, which does not come before it",
    relative=True,
)
CODE_IN_USE = FieldErrorKind(
    "code_in_use",
    "代码 {code} 仍在使用，不能去掉",
    "drops the code {code}, which is in use",
    relative=True,
)
PERIOD_REVERSED = FieldErrorKind(
    "period_reversed", "不得早于 {start}", "must not be before {start}", relative=True
)
DAY_OUTSIDE_CAMPAIGN = FieldErrorKind(
    "day_outside_campaign",
    "不在主题活动期间（{start} 至 {end}）内",
    "is outside the campaign ({start} to {end})",
    relative=True,
)
FIXED = FieldErrorKind("fixed_once_made", "确定后不能再改", "cannot be changed any more")
LEAVES_OUT = FieldErrorKind(
    "leaves_requirement_out",
    "工作要求（代码 {code}）的日期 {day} 将不在主题活动期间内",
    "leaves out {day}, a date of the requirement (code {code})",
    relative=True,
)
UNKNOWN_UNIT = FieldErrorKind(
    "unknown_unit_of_campaign",
    "该党组织或工作部门不存在，或不在当前凭证的范围内",
    "names no unit within your scope",
)
UNIT_IS_BRANCH = FieldErrorKind(
    "unit_is_branch", "是党支部，此处须为有下级的党组织或工作部门", "is a branch, not a unit"
)
OUTSIDE_SUBTREE = FieldErrorKind(
    "outside_unit_subtree", "不在{name}及其所属范围内", "is not within the subtree of {name}"
)
NOT_OF_RECORD = FieldErrorKind(
    "not_of_record",
    "不是{record}的类别；可填：{expected}",
    "is no kind of {record}; one of: {expected}",
    relative=True,
)
NOT_WITH = FieldErrorKind(
    "not_with", "{other}没有该项", "does not belong to {other}", relative=True
)
ONLY_WITH_FORWARDED = FieldErrorKind(
    "only_with_forwarded", "须与“转报”同用", "is used only together with forwarded"
)
UNKNOWN_CAMPAIGN_CODE = FieldErrorKind(
    "unknown_campaign_code",
    "本主题活动没有这一代码；可填：{expected}",
    "is no code of this campaign; one of: {expected}",
)
NO_FACT_OF_RECORD = FieldErrorKind(
    "no_fact_of_record",
    "{record}没有这一项内容；可填：{expected}",
    "is no field of a {record} that can be asked about; one of: {expected}",
    relative=True,
)
FACT_NOT_OF_KIND = FieldErrorKind(
    "fact_not_of_kind",
    "{kinds}没有这一项内容",
    "is no field of: {kinds}",
    relative=True,
)
ASKS_NOTHING = FieldErrorKind("asks_nothing", "没有提出任何要求", "asks for nothing")
NOT_SO_MEASURED = FieldErrorKind(
    "not_so_measured",
    "对这一项内容只能要求{expected}",
    "can only be asked for {expected}",
    relative=True,
)
LESS_THAN_LEAST = FieldErrorKind(
    "less_than_least",
    "不得小于最少数量 {least}",
    "must not be less than the least, {least}",
    relative=True,
)
NOT_A_SUPERIORS = FieldErrorKind(
    "not_a_superiors_requirement",
    "上级没有代码 {code} 的同类工作要求",
    "names the code {code}, which is no requirement of a superior for the same subject",
    relative=True,
)
SHORTENS_SUPERIOR = FieldErrorKind(
    "shortens_superior_date",
    "自定期限 {own} 早于上级工作要求（代码 {code}）的期限 {superior}",
    "is {own}, earlier than {superior}, the date of the superior's requirement (code {code})",
    relative=True,
)
TOO_SHORT_NOTICE = FieldErrorKind(
    "too_short_notice",
    "下级自定期限不得早于 {earliest}（自提出之日起至少 {days} 天）",
    "must not be earlier than {earliest}, at least {days} days after it is asked for",
    relative=True,
)
TOO_MANY_PERIODS = FieldErrorKind(
    "too_many_periods",
    "在起止日期之内不得超过 {most} 期",
    "must not make more than {most} periods of the days between which it is asked",
)
ASKS_MORE_OFTEN = FieldErrorKind(
    "asks_more_often",
    "上级工作要求（代码 {code}）的次数为 {count}，下级不得增加",
    "must not exceed {count}, the number of the superior's requirement (code {code})",
    relative=True,
)
ASKS_TOO_MUCH = FieldErrorKind(
    "asks_too_much",
    "各级自定要求在上级工作要求之外合计不得超过 {most} 次，现已有 {taken} 次",
    "would make lower levels ask more than {most} times over what the campaign's root asks; "
    "they ask {taken} times already",
    relative=True,
)
NEEDS_APPROVAL = FieldErrorKind(
    "needs_approval",
    "已经上级批准，不能自行增加；请另提工作要求报批",
    "was approved by a superior as it is; propose another requirement to ask for more",
)
NOT_APPROVED = FieldErrorKind(
    "not_approved", "尚未经上级批准，不能生效", "cannot be: no superior has approved of it"
)


class NoticeTooShort(Conflict):
    """Its day is too near by now to be approved of, or a superior's is a later one by now."""

    code = "notice_too_short"
    title = Text("期限过近", "Notice too short")
    detail = Text(
        "期限早于 {earliest}，请先由提出单位改定期限，再行批准。",
        "Its day is earlier than {earliest}: the unit that proposed it sets a later one first.",
    )


class NotProposed(Conflict):
    """Only what waits for approval is approved or refused."""

    code = "not_proposed"
    title = Text("不在待批准状态", "Not waiting for approval")
    detail = Text(
        "该工作要求不在待批准状态。", "This requirement does not wait for anybody's approval."
    )


class CampaignCodeTaken(Conflict):
    """Another campaign has the code."""

    code = "campaign_code_taken"
    title = Text("主题活动代码已被使用", "Campaign code taken")
    detail = Text(
        "代码 {taken} 已用于另一个主题活动。", "The code {taken} belongs to another campaign."
    )


class RequirementCodeTaken(Conflict):
    """Another requirement of the campaign has the code."""

    code = "requirement_code_taken"
    title = Text("工作要求代码已被使用", "Requirement code taken")
    detail = Text(
        "代码 {taken} 已用于本主题活动的另一项工作要求。",
        "The code {taken} belongs to another requirement of this campaign.",
    )


class CampaignOpening(Conflict):
    """The ledger is being made; nothing may change under it."""

    code = "campaign_opening"
    title = Text("主题活动正在启动", "Campaign is opening")
    detail = Text(
        "主题活动正在启动，请待后台任务 {job_id} 完成后再试。",
        "The campaign is opening; try again when the job {job_id} is done.",
    )


class CampaignAlreadyOpened(Conflict):
    """It is open, or was and is closed now."""

    code = "campaign_already_opened"
    title = Text("主题活动已经启动", "Campaign already opened")
    detail = Text("该主题活动已经启动过。", "The campaign has been opened already.")


class CampaignNotOpened(Conflict):
    """Only an open campaign can be closed."""

    code = "campaign_not_opened"
    title = Text("主题活动尚未启动", "Campaign not opened")
    detail = Text("该主题活动尚未启动。", "The campaign has not been opened yet.")


class CampaignClosed(Conflict):
    """A closed campaign and its ledger are frozen."""

    code = "campaign_closed"
    title = Text("主题活动已结束", "Campaign closed")
    detail = Text(
        "该主题活动已结束，内容不再变动。",
        "The campaign is closed; nothing of it changes any more.",
    )


DAY_PASSED = FieldErrorKind("day_passed", "不得早于今天", "must not be earlier than today")


class CampaignSettled(Conflict):
    """The day until which a closed campaign settles has passed: it cannot be reopened."""

    code = "campaign_settled"
    title = Text("主题活动已办结", "Campaign settled")
    detail = Text(
        "结束后的处理期限已过，不能恢复。",
        "The day until which it took decisions after its closing has passed; it stays closed.",
    )


class CampaignInUse(Conflict):
    """Only a campaign that was never opened can be deleted."""

    code = "campaign_in_use"
    title = Text("主题活动不能删除", "Campaign in use")
    detail = Text(
        "只有从未启动的主题活动可以删除。", "Only a campaign that was never opened can be deleted."
    )


class RequirementInUse(Conflict):
    """It has been owed, or a subordinate's requirement builds on it."""

    code = "requirement_in_use"
    title = Text("工作要求不能删除", "Requirement in use")
    detail = Text(
        "该主题活动已启动，或有下级工作要求以此为据，不能删除，可改为停用。",
        "The campaign was opened, or a subordinate's requirement builds on this one: it cannot be "
        "deleted, only deactivated.",
    )


NOT_IN_CAMPAIGN = FieldErrorKind(
    "not_in_campaign",
    "不是本主题活动的{what}，或不适用于该党组织；可填：{expected}",
    "is no {what} of this campaign for the organization; one of: {expected}",
)
NOT_EXTENDED = FieldErrorKind(
    "not_extended",
    "须写明沿用系统已有的哪一类；可填：{expected}",
    "must say which one of the service's it extends; one of: {expected}",
)
CODE_OF_SERVICE = FieldErrorKind(
    "code_of_service", "代码 {code} 是系统已有的，请另取", "is the service's own code {code}"
)
UNKNOWN_LAST = FieldErrorKind(
    "unknown_last_campaign",
    "没有这项主题活动，或不在当前凭证的范围内",
    "is no campaign within the scope of this credential",
)
ENDS_TOO_LATE = FieldErrorKind(
    "ends_too_late",
    "各项日期顺延后超出可填范围",
    "puts other days of the campaign beyond what can be written",
    relative=True,
)
NOT_IN_TEMPLATE = FieldErrorKind(
    "not_in_template", "该模板不分发起层级", "is no choice that this template gives"
)
