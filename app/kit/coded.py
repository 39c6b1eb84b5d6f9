"""What filters take in place of an id: the code that people have."""

from typing import Annotated

from pydantic import Field

from app.kit.fields import Code, Filter


class OrgCoded(Filter):
    """What takes an organization's code where it takes its id."""

    org_code: Annotated[
        list[Code] | None,
        Field(description="Codes in place of `org_id`. 组织编码，可代替 org_id。"),
    ] = None


class UnitCoded(Filter):
    """What takes units' codes where it takes their ids."""

    unit_code: Annotated[
        list[Code] | None,
        Field(description="Codes in place of `unit_id`. 单位编码，可代替 unit_id。"),
    ] = None


class UnderCoded(Filter):
    """What takes a unit's code where it takes the id of a subtree."""

    under_code: Annotated[
        Code | None,
        Field(description="A code in place of `under`. 组织编码，可代替 under。"),
    ] = None


class CampaignCoded(Filter):
    """What takes campaigns' codes where it takes their ids."""

    campaign_code: Annotated[
        list[Code] | None,
        Field(description="Codes in place of `campaign_id`. 主题活动代码，可代替 campaign_id。"),
    ] = None
