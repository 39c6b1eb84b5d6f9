"""Tables as text files: CSV for people, NDJSON for programs."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from app.features.exports.writers.tables import Table, Value, heading, shower
from app.kit.formulas import guard


class CsvWriter:
    """UTF-8 with its mark, so that spreadsheets read Chinese; no cell of it is a formula."""

    def __init__(self, path: Path, table: Table) -> None:
        """Write the headings."""
        language = table.language
        self._show = [shower(column, language) for column in table.columns]
        self._file = TextIOWrapper(path.open("wb"), encoding="utf-8-sig", newline="")
        self._rows = csv.writer(self._file)
        self._rows.writerow([guard(heading(column, language)) for column in table.columns])

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Write more rows."""
        show = self._show
        self._rows.writerows(
            [_cell(of(value)) for of, value in zip(show, row, strict=True)] for row in rows
        )

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


class NdjsonWriter:
    """One JSON object for each row: codes as they are, days in ISO form, null for nothing."""

    def __init__(self, path: Path, table: Table) -> None:
        """There are no headings: each row names its fields."""
        self._keys = [column.key for column in table.columns]
        self._file = path.open("wb")

    def add(self, rows: Sequence[Sequence[Value]]) -> None:
        """Write more rows."""
        keys = self._keys
        self._file.writelines(to_json(dict(zip(keys, row, strict=True))) + b"\n" for row in rows)

    def close(self) -> None:
        """Write what is left."""
        self._file.close()


def _cell(value: Value) -> Any:
    if isinstance(value, str):
        return guard(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
