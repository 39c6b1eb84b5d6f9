"""Labels of codes with the variants in which people write them."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from app.features.imports.rules.cells import level_label
from app.models.vocabulary import (
    ActivityKind,
    BranchKind,
    Coded,
    DelegateLevel,
    PositionLevel,
    Sector,
    SourceGroup,
    UnitKind,
)

_ALSO: Final[Mapping[Coded, tuple[str, ...]]] = {
    ActivityKind.DISCUSSION: ("讨论会", "大讨论", "专题讨论", "集中讨论", "讨论活动"),
    ActivityKind.STUDY_SESSION: ("学习会", "集中学习", "专题学习", "学习讨论会", "学习活动"),
    ActivityKind.SYMPOSIUM: ("座谈", "恳谈会", "群众座谈会"),
    ActivityKind.THEMED_ORG_LIFE_MEETING: ("组织生活会", "专题生活会", "专题组织生活"),
    ActivityKind.DELEGATE_RECEPTION: (
        "党代表接待", "接待约谈", "党代表接待日", "党代表约谈", "代表接待",
    ),
    ActivityKind.VISIT: ("走访", "慰问", "下访", "入户走访", "走访活动"),
    ActivityKind.OPINION_SOLICITATION: ("征求意见会", "意见征求", "征集意见", "征求意见活动"),
    ActivityKind.PLATFORM_COLUMN: ("开设专栏", "平台专栏", "宣传专栏"),
    ActivityKind.GUIDANCE_TALK: ("辅导课", "党课", "辅导报告", "专题辅导", "作辅导", "辅导会"),
    ActivityKind.PRACTICAL_DEED: ("办实事", "好事实事", "办好事", "为民办实事", "实事"),
    ActivityKind.VOLUNTEER_SERVICE: ("志愿服务活动", "志愿者服务", "志愿活动"),
    BranchKind.BRANCH: ("支部", "一般支部", "单独支部", "独立支部"),
    BranchKind.JOINT_BRANCH: ("联合支部",),
    BranchKind.TEMPORARY_BRANCH: ("临时支部",),
    Sector.RURAL: ("村", "行政村", "农村党支部"),
    Sector.COMMUNITY: ("居委", "居委会", "城市社区"),
    Sector.ORGAN: ("党政机关", "机关单位"),
    Sector.ENTERPRISE: ("国企", "国有企业", "公有制企业"),
    Sector.PUBLIC_INSTITUTION: ("事业",),
    Sector.NON_PUBLIC_ENTERPRISE: ("非公", "非公企业", "非公有制企业", "非公经济组织"),
    Sector.SOCIAL_ORGANIZATION: ("社会团体", "社团"),
    Sector.SCHOOL: ("中小学", "高校", "教育系统"),
    Sector.OTHER: ("其它",),
    UnitKind.WORKING_COMMITTEE: ("党工委", "工作委员会"),
    UnitKind.COMMITTEE: ("党委会", "委员会"),
    UnitKind.GENERAL_BRANCH: ("总支", "党总支部", "总支部"),
    UnitKind.OTHER: ("其它",),
    PositionLevel.PROVINCE_CHIEF: ("正部级", "正省级", "正部", "正省"),
    PositionLevel.PROVINCE_DEPUTY: ("副部级", "副省级", "副部", "副省"),
    PositionLevel.BUREAU_CHIEF: ("正厅级", "正局级", "正厅", "正厅局级"),
    PositionLevel.BUREAU_DEPUTY: ("副厅级", "副局级", "副厅", "副厅局级"),
    PositionLevel.COUNTY_CHIEF: ("正处级", "正县级", "正处", "正县处级"),
    PositionLevel.COUNTY_DEPUTY: ("副处级", "副县级", "副处", "副县处级"),
    PositionLevel.TOWNSHIP_CHIEF: ("正科级", "正乡级", "正科", "正乡科级"),
    PositionLevel.TOWNSHIP_DEPUTY: ("副科级", "副乡级", "副科", "副乡科级"),
    PositionLevel.SECTION_MEMBER: ("科员",),
    PositionLevel.CLERK: ("办事员",),
    DelegateLevel.NONE: ("否", "不是", "非代表"),
    DelegateLevel.TOWNSHIP: ("镇党代表", "乡镇党代表", "镇级", "乡镇级", "镇级党代表"),
    DelegateLevel.COUNTY: ("区党代表", "县党代表", "区级", "县级", "区级党代表", "县(区)级"),
    DelegateLevel.CITY: ("市党代表", "市级"),
    DelegateLevel.PROVINCE: ("省党代表", "省级", "省级党代表"),
    DelegateLevel.NATIONAL: ("全国", "全国代表"),
    SourceGroup.PUBLIC: ("群众", "百姓", "普通群众"),
    SourceGroup.VULNERABLE: ("困难群众", "弱势", "困难户"),
    SourceGroup.FRONT_LINE: ("一线", "一线职工"),
    SourceGroup.CADRES: ("干部",),
}  # fmt: skip
"""What members of code lists are called beside their own label."""


@cache
def labels_of(codes: type[Coded]) -> Mapping[str, str]:
    """Return the code of every label of a list, on one level."""
    return {
        level_label(label): member.value
        for member in codes
        for label in (member.value, member.zh, member.en, *_ALSO.get(member, ()))
    }


def labels_in(entries: Iterable[Mapping[str, Any]], codes: type[Coded] | None) -> dict[str, str]:
    """Return the code of every label of a campaign's list, on one level.

    A code of the service's is called what it is called elsewhere, too; so is the only one that
    extends it. A label of two codes stands for none of them.
    """
    found: dict[str, str] = {}
    twice: set[str] = set()
    entries = list(entries)
    for entry in entries:
        for label in filter(None, (entry["code"], entry["title"], entry.get("title_en"))):
            level = level_label(label)
            if found.setdefault(level, entry["code"]) != entry["code"]:
                twice.add(level)
    usual = labels_of(codes) if codes is not None else {}
    own = {entry["code"]: entry["code"] for entry in entries}
    for extended in {entry.get("extends") for entry in entries} - own.keys():
        by = [entry["code"] for entry in entries if entry.get("extends") == extended]
        if extended is not None and len(by) == 1:
            own[extended] = by[0]
    for level, code in usual.items():
        if code in own:
            found.setdefault(level, own[code])
    return {level: code for level, code in found.items() if level not in twice}
