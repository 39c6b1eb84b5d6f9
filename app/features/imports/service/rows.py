"""A row of a file on its way to its plan."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.features.imports.rules.columns import Layout
from app.features.imports.rules.parts import Origins
from app.features.imports.rules.rows import Draft, error_of
from app.features.imports.service.layouts import Cells
from app.features.imports.service.resources.base import Target
from app.kit.problems import Problem
from app.models import ImportRow

Layouts = dict[int, tuple[str, Layout]]


@dataclass(slots=True)
class Row:
    """What is known of a row: how it reads, which record it is about, what is wrong with it."""

    cells: Cells
    layouts: Layouts
    draft: Draft = field(default_factory=Draft)
    origins: Origins = field(default_factory=Origins)
    sameness: str | None = None
    target: Target | None = None
    item: Any = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)

    @property
    def layout(self) -> Layout:
        """Return where its sheet has its headings."""
        return self.layouts[self.cells.sheet][1]

    def blame(self, problem: Problem) -> None:
        """Keep what is wrong, but for fields whose cell could not even be read."""
        unread = {error["field"] for error in self.draft.errors}
        for error in problem.errors:
            origin = self.origins.find(error.pointer)
            layout = self.layout if origin is None else self.layouts[origin[0]][1]
            told = error_of(error, layout)
            if origin is not None:
                told |= {"sheet": origin[0], "line": origin[1]}
            of_unknown_kind = "kind" in unread and told["field"].startswith("details")
            if told["field"] not in unread and not of_unknown_kind:
                self.errors.append(told)
        if not problem.errors:
            self.errors.append(problem_line(problem))

    @property
    def action(self) -> str:
        """Return what the plan is to do with the row."""
        if self.errors:
            return "rejected"
        if self.target is None:
            return "created"
        return "updated" if self.item is not None else "unchanged"

    @property
    def record_id(self) -> UUID | str | None:
        """Return the record that it is about, or will be, where that is known before."""
        if self.action == "rejected":
            return None
        return self.target.id if self.target else self.draft.body.get("id")

    def as_kept(self, import_id: UUID, number: int) -> ImportRow:
        """Return it as it is kept."""
        record_id, action = self.record_id, self.action
        return ImportRow(
            import_id=import_id,
            number=number,
            sheet=self.cells.sheet,
            line=self.cells.line,
            action=action,
            sameness=self.sameness,
            body={} if action in {"rejected", "unchanged"} else self.draft.body,
            record_id=record_id and UUID(str(record_id)),
            revision=self.target.revision if self.target and record_id else None,
            errors=self.errors,
            warnings=self.warnings,
            warned=len(self.warnings),
        )


def problem_line(problem: Problem) -> dict[str, Any]:
    """Return a problem of a row as a whole as it is kept."""
    return {
        "field": None, "column": None, "heading": None, "code": problem.code,
        "zh": problem.detail.say("zh", **problem.parameters),
        "en": problem.detail.say("en", **problem.parameters),
    }  # fmt: skip
