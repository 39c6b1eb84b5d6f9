"""The codes of the contract that a call needs, as types: a checker and a shell know them."""

from typing import Final, Literal

Resource = Literal[
    "activities", "branches", "divisions", "findings", "leader_records", "leaders",
    "organizations", "reports", "units",
]  # fmt: skip
OnError = Literal["reject_all", "skip_bad_rows"]
ExportKind = Literal[
    "activities", "findings", "opinions", "three_ones_detail", "three_ones_summary", "statistics",
    "reports", "receptions", "open_obligations", "urging", "bulletin", "circular",
]  # fmt: skip
ExportFormat = Literal["xlsx", "csv", "ndjson", "docx"]
GroupBy = Literal["children", "sector", "requirement"]
DOCUMENTS: Final[frozenset[ExportKind]] = frozenset({"bulletin", "circular"})
"""What is exported as `docx`; all else is a table."""
