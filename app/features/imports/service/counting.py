"""What an import shows of its rows: how many are what, which names became which records."""

from collections.abc import Iterable
from typing import Final

from app.features.imports.service.layouts import Cells
from app.features.imports.service.rows import Row
from app.models import Import

MOST_RESOLVED: Final = 2000
"""Different names that an import keeps the meaning of, to be shown."""
MOST_SKIPPED: Final = 200


def count(row: Import, rows: Iterable[Row]) -> None:
    """Add rows to the counts of an import, and the names in them to what is shown."""
    known = {(e["field"], e["value"], e["id"]): dict(e) for e in row.resolved}
    for planned in rows:
        setattr(row, planned.action, getattr(row, planned.action) + 1)
        row.errors += len(planned.errors)
        for name, text, found in planned.draft.resolved:
            key = (name, text, str(found.named.id))
            if key not in known and len(known) >= MOST_RESOLVED:
                continue
            entry = known.setdefault(
                key,
                {
                    "field": name, "value": text, "id": str(found.named.id),
                    "name": found.named.name, "code": found.named.code,
                    "above": found.named.above, "how": found.how, "rows": 0,
                },
            )  # fmt: skip
            entry["rows"] += 1
    row.resolved = list(known.values())


def note_skipped(row: Import, cells: Cells) -> None:
    """Tell that a row below the headings is none of the table."""
    sheets = [dict(each) for each in row.found["sheets"]]
    skipped = sheets[cells.sheet]["skipped"]
    if len(skipped) < MOST_SKIPPED:
        sheets[cells.sheet]["skipped"] = [*skipped, cells.line]
        row.found = {**row.found, "sheets": sheets}
