"""Shapes of jobs."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from app.kit.fields import Output
from app.models import Job
from app.models.vocabulary import JobStatus


class JobProgress(Output):
    """How far a job has come; in what unit depends on its kind."""

    done: int = Field(description="Done so far. 已处理数量。")
    total: int = Field(description="All there is to do. 总数量。")


class JobOut(Output):
    """Work that outlives the request that caused it."""

    id: UUID
    kind: str = Field(examples=["campaign.open"])
    status: JobStatus
    progress: JobProgress = Field(description="How far it has come. 执行进度。")
    result: dict[str, Any] | None = Field(description="What came of it. 执行结果。")
    problem: dict[str, Any] | None = Field(
        description="Why the last attempt failed: `{code, detail}`. 最近一次失败的原因。"
    )
    org_id: UUID | None = Field(description="Whose subtree it works on. 所属组织。")
    revision: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the job as its reader sees it."""
        own = {name: getattr(job, name) for name in cls.model_fields if name != "progress"}
        return cls.model_validate({**own, "progress": {"done": job.done, "total": job.total}})
