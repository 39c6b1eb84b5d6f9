"""Query parameters of what is submitted."""

from typing import Annotated

from fastapi import Query

from app.models.vocabulary import OnExists

OnExistsQuery = Annotated[
    OnExists,
    Query(
        description="What becomes of what is there already under the same `source` and "
        "`external_id`: refused if it differs, changed to the fields that are sent as by PATCH, "
        "or left as it is. 来源及来源编号相同的记录已存在时：内容不同则不受理；按所报字段更新，"
        "同 PATCH；保留原记录。",
    ),
]
