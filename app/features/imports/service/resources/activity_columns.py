"""The columns of tables of activities, and of what belongs to them in further sheets."""

from collections.abc import Mapping, Sequence
from typing import Final

from app.features.imports.rules.columns import NUMBER, Column
from app.models.vocabulary import (
    ActivityKind,
    Check,
    DelegateLevel,
    FindingNature,
    Medium,
    OpinionField,
    OpinionHandling,
    ParticipantRole,
    SourceGroup,
)


def _of_finding(of: str) -> tuple[Column, ...]:
    """Return what else is said of a finding."""
    return (
        Column("findings.cause", "text", "原因分析", "cause", ("产生原因", "原因", f"{of}原因")),
        Column("findings.measure", "text", "整改措施", "measure", ("措施", "改进措施")),
        Column("findings.goal", "text", "整改目标", "goal", ("努力方向", "目标")),
        Column("findings.responsible", "text", "整改责任人", "responsible",
               ("责任人", "责任单位", "整改责任单位", "责任岗位")),
        Column("findings.nature", "code", "整改性质", "nature", ("整改类型", "整改方式"),
               codes=FindingNature),
        Column("findings.due_on", "day", "整改时限", "due on",
               ("整改期限", "完成时限", "整改完成时限", "时限")),
    )  # fmt: skip


def _of_opinion(of: str) -> tuple[Column, ...]:
    """Return what else is said of an opinion."""
    return (
        Column("opinions.handling", "code", "办理情况", "handling", ("办理状态", f"{of}办理情况"),
               codes=OpinionHandling),
        Column("opinions.handler", "text", "办理单位", "handler", ("意见承办单位", "承办岗位")),
        Column("opinions.due_on", "day", "办理期限", "answered by", ("办理时限", "答复期限")),
        Column("opinions.answer", "text", "答复内容", "answer", ("答复", "办理结果", "处理结果")),
    )  # fmt: skip


COLUMNS: Final = (
    Column("org_id", "organization", "组织名称", "organization",
           ("支部", "支部名称", "党支部", "党支部名称", "所在支部", "单位", "单位名称", "党组织",
            "党组织名称", "承办单位", "举办单位", "组织单位", "开展单位", "报送单位", "所属支部")),
    Column("org_id", "organization", "组织代码", "organization code",
           ("支部代码", "单位代码", "党组织代码", "org_code")),
    Column("kind", "code", "活动类型", "kind",
           ("类型", "形式", "活动形式", "类别", "活动类别", "活动种类"), codes=ActivityKind,
           listed="activity_kinds", required=True),
    Column("title", "text", "活动名称", "title",
           ("标题", "主题", "活动主题", "名称", "题目", "活动题目"), required=True),
    Column("held_on", "day", "活动日期", "day",
           ("日期", "时间", "活动时间", "开展时间", "开展日期", "举办时间", "举行时间", "召开时间",
            "开始日期", "date", "held on"), required=True),
    Column("ended_on", "day", "结束日期", "last day", ("结束时间", "截止日期")),
    Column("place", "text", "地点", "place", ("活动地点", "地址", "举办地点", "召开地点")),
    Column("talk_mode", "listed", "谈的方式", "talk mode", ("“谈”的方式", "大家谈方式"),
           listed="talk_modes"),
    Column("methods", "lists", "方法", "methods", ("活动方法", "采取方法"), listed="methods"),
    Column("topics", "lists", "议题", "topics", ("讨论议题", "讨论题目", "讨论专题"),
           listed="topics"),
    Column("checks", "lists", "查摆内容", "checks", ("四查四看", "四查", "查摆"),
           codes=Check, listed="checks"),
    Column("summary", "text", "主要内容", "summary",
           ("内容", "活动内容", "情况", "活动情况", "内容摘要", "简要情况")),
    Column("host", "text", "主持人", "host", ("主持",)),
    Column("recorder", "text", "记录人", "recorder", ("记录",)),
    Column("members_due", "count", "应到党员", "members due", ("应到人数", "应到党员数", "应到")),
    Column("members_present", "count", "实到党员", "members present",
           ("实到人数", "实到党员数", "实到", "参加党员", "参加党员数", "参加党员人数")),
    Column("public_present", "count", "参加群众", "other people",
           ("参加群众人数", "群众人数", "参加群众数")),
    Column("person_times", "count", "人次", "person-times", ("参加人次", "参与人次")),
    Column("participants", "leaders", "参加领导干部", "leaders",
           ("参加领导", "领导干部", "参加的领导干部", "参加干部", "参会领导", "出席领导")),
    Column("details.office", "text", "党代表工作室", "delegates' office", ("工作室",)),
    Column("details.delegate_level", "code", "党代表层级", "delegate level", ("代表层级",),
           codes=DelegateLevel),
    Column("details.delegates", "count", "接待代表人数", "delegates",
           ("参加代表人数", "代表人数", "党代表人数")),
    Column("details.people_received", "count", "接待群众人数", "people received", ("接待人数",)),
    Column("details.group_visited", "code", "走访对象", "group visited", ("慰问对象", "对象类别"),
           codes=SourceGroup),
    Column("details.households", "count", "户数", "households", ("走访户数", "受益户数")),
    Column("details.method", "text", "征求方式", "way of asking"),
    Column("details.opinions_received", "count", "意见条数", "opinions received",
           ("收到意见", "征集意见条数", "收到意见条数")),
    Column("details.medium", "code", "媒体类别", "medium", ("媒体",), codes=Medium),
    Column("details.outlet", "text", "刊播媒体", "outlet", ("媒体名称", "刊物")),
    Column("details.url", "text", "网址", "url", ("链接",)),
    Column("details.issues", "count", "期数", "issues"),
    Column("details.audience_count", "count", "听众人数", "audience", ("听课人数",)),
    Column("details.category", "text", "事项类别", "category", ("实事类别",)),
    Column("details.items", "count", "件数", "items", ("实事件数", "办实事件数")),
    Column("details.service", "text", "服务内容", "service"),
    Column("details.volunteers", "count", "志愿者人数", "volunteers"),
    Column("details.hours", "count", "服务时长", "hours", ("总时长",)),
    Column("external_id", "text", "外部编号", "external id", ("编号", "记录编号", "原系统编号")),
    Column("findings.description", "text", "查摆问题", "finding",
           ("查摆出的问题", "存在问题", "查找的问题", "主要问题", "问题")),
    Column("findings.check", "listed", "问题类别", "check of the finding",
           ("问题类型", "所属查摆内容"), codes=Check, listed="checks"),
    *_of_finding("问题"),
    Column("opinions.content", "text", "群众意见", "opinion",
           ("意见建议", "意见和建议", "群众意见建议", "意见内容")),
    Column("opinions.field", "code", "意见类别", "field of the opinion",
           ("意见领域", "意见类型"), codes=OpinionField),
    Column("opinions.source_group", "code", "意见来源", "source of the opinion",
           ("来源群体", "提出人群", "意见来源群体"), codes=SourceGroup),
    *_of_opinion("意见"),
    Column(NUMBER, "link", "序号", "number", ("活动序号", "活动编号", "no")),
)  # fmt: skip
_LINKS: Final = (
    Column("activity_number", "link", "活动序号", "activity number",
           ("活动编号", "对应活动序号", "对应序号", "台账序号", "活动外部编号", "activity")),
    Column("title", "link", "活动名称", "activity title",
           ("活动主题", "活动标题", "对应活动", "所属活动", "活动")),
    Column("held_on", "link", "活动日期", "activity day", ("活动时间", "日期", "时间", "开展时间")),
    Column("org_id", "link", "组织名称", "organization",
           ("支部", "支部名称", "党支部", "党支部名称", "所在支部", "单位", "单位名称", "组织代码",
            "支部代码")),
)  # fmt: skip
FURTHER: Final[Mapping[str, Sequence[Column]]] = {
    "participants": (
        *_LINKS,
        Column("participants.leader_id", "leader", "姓名", "leader",
               ("参加领导", "领导姓名", "参加人", "参加人员", "领导干部", "参加领导干部"),
               required=True),
        Column("participants.role", "code", "参加方式", "role", ("角色", "身份", "参与方式"),
               codes=ParticipantRole),
    ),
    "findings": (
        *_LINKS,
        Column("findings.description", "text", "查摆问题", "finding",
               ("查摆出的问题", "存在问题", "查找的问题", "主要问题", "问题", "问题描述"),
               required=True),
        Column("findings.check", "listed", "问题类别", "check",
               ("问题类型", "所属查摆内容", "查摆内容", "四查四看", "类别"), codes=Check,
               listed="checks"),
        *_of_finding("问题"),
    ),
    "opinions": (
        *_LINKS,
        Column("opinions.content", "text", "群众意见", "opinion",
               ("意见建议", "意见和建议", "群众意见建议", "意见内容", "意见", "内容"),
               required=True),
        Column("opinions.field", "code", "意见类别", "field",
               ("意见领域", "意见类型", "类别", "领域"), codes=OpinionField),
        Column("opinions.source_group", "code", "意见来源", "source",
               ("来源群体", "提出人群", "意见来源群体", "来源", "来源人群"), codes=SourceGroup),
        *_of_opinion("意见"),
    ),
}  # fmt: skip
"""What further sheets of a workbook may hold: part of an activity → its columns."""
