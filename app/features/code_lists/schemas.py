"""What callers read of the code lists."""

from pydantic import Field

from app.kit.fields import Output


class CodeOut(Output):
    """One code with its labels."""

    code: str = Field(description="As records carry it. 记录中的代码。")
    zh: str = Field(description="Chinese label. 中文名称。")
    en: str = Field(description="English label. 英文名称。")


class CodeListOut(Output):
    """One list, its codes in their customary order."""

    name: str = Field(description="Name of the list. 代码表名称。", examples=["sectors"])
    codes: list[CodeOut] = Field(description="The codes. 全部代码。")
