"""Codes of units, branches and leaders."""

from app.models.vocabulary.coded import Coded


class OrganizationType(Coded):
    """The two sorts of organization in the one tree."""

    UNIT = "unit", "党组织及工作部门", "unit"
    BRANCH = "branch", "党支部", "branch"


class UnitKind(Coded):
    """Party organizations that direct others."""

    ORGANIZATION_DEPARTMENT = "organization_department", "组织部", "organization department"
    WORKING_COMMITTEE = "working_committee", "党工委（工委）", "Party working committee"
    COMMITTEE = "committee", "党委", "Party committee"
    PRIMARY_COMMITTEE = "primary_committee", "基层党委", "primary Party committee"
    GENERAL_BRANCH = "general_branch", "党总支", "general Party branch"
    LEADING_PARTY_GROUP = "leading_party_group", "党组", "leading Party members group"
    OTHER = "other", "其他", "other"


class BranchKind(Coded):
    """Party branches, the leaves of the tree."""

    BRANCH = "branch", "党支部", "Party branch"
    JOINT_BRANCH = "joint_branch", "联合党支部", "joint Party branch"
    TEMPORARY_BRANCH = "temporary_branch", "临时党支部", "temporary Party branch"


class Sector(Coded):
    """Sectors; 企事业单位 is enterprise + public institution, “两新” the two after them."""

    RURAL = "rural", "农村", "rural"
    COMMUNITY = "community", "社区", "community"
    ORGAN = "organ", "机关", "organ"
    ENTERPRISE = "enterprise", "企业", "enterprise"
    PUBLIC_INSTITUTION = "public_institution", "事业单位", "public institution"
    NON_PUBLIC_ENTERPRISE = (
        "non_public_enterprise",
        "非公有制经济组织",
        "non-public economic organization",
    )
    SOCIAL_ORGANIZATION = "social_organization", "社会组织", "social organization"
    SCHOOL = "school", "学校", "school"
    OTHER = "other", "其他", "other"


class DivisionSystem(Coded):
    """Who keeps a code of an administrative division."""

    NBS = "nbs", "统计用区划代码", "National Bureau of Statistics"
    MCA = "mca", "行政区划代码", "Ministry of Civil Affairs"


class DelegateLevel(Coded):
    """At which level a leader is a delegate to the Party congress."""

    NONE = "none", "非党代表", "not a delegate"
    TOWNSHIP = "township", "乡镇级党代表", "township delegate"
    COUNTY = "county", "县级党代表", "county delegate"
    CITY = "city", "市级党代表", "city delegate"
    PROVINCE = "province", "省级党代表", "provincial delegate"
    NATIONAL = "national", "全国党代表", "national delegate"


class PositionLevel(Coded):
    """Position levels of GB/T 12407-2008 that leading cadres hold."""

    NATIONAL_CHIEF = "101", "国家级正职", "national, chief"
    NATIONAL_DEPUTY = "102", "国家级副职", "national, deputy"
    PROVINCE_CHIEF = "111", "省部级正职", "province and ministry, chief"
    PROVINCE_DEPUTY = "112", "省部级副职", "province and ministry, deputy"
    BUREAU_CHIEF = "121", "厅局级正职", "department and bureau, chief"
    BUREAU_DEPUTY = "122", "厅局级副职", "department and bureau, deputy"
    COUNTY_CHIEF = "131", "县处级正职", "county and division, chief"
    COUNTY_DEPUTY = "132", "县处级副职", "county and division, deputy"
    TOWNSHIP_CHIEF = "141", "乡科级正职", "township and section, chief"
    TOWNSHIP_DEPUTY = "142", "乡科级副职", "township and section, deputy"
    SECTION_MEMBER = "150", "科员级", "section member"
    CLERK = "160", "办事员级", "clerk"
    UNDETERMINED = "199", "未定职公务员", "civil servant without a determined post"
