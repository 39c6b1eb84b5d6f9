"""The days that a nil return is about."""

from pydantic import Field, model_serializer

from app.kit.fields import Day, Input


class Period(Input):
    """Days, the first and the last included."""

    from_: Day = Field(alias="from", description="First day. 起始日期。")
    to: Day = Field(description="Last day. 截止日期。")

    @model_serializer
    def _as_kept(self) -> dict[str, str]:
        return {"from": self.from_.isoformat(), "to": self.to.isoformat()}
