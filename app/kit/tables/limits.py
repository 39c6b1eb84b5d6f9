"""How large a table may be, and the words for what is refused: they go from the sandbox out."""

from typing import Final

from app.kit.sandbox import RefusedError

MAX_ROWS: Final = 100_000
"""Rows with anything in them, over all sheets."""
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 32_767
"""Characters of a cell: what Excel itself holds."""
MAX_SHEETS: Final = 100
MAX_UNPACKED: Final = 192 * 1024 * 1024
MAX_PART: Final = 8 * 1024 * 1024
"""Bytes of a part that is read whole: the workbook's directory, its styles."""
MAX_STRINGS: Final = 300_000
MAX_STRINGS_CHARACTERS: Final = 12_000_000
MAX_ENTRIES: Final = 5000

BROKEN: Final = "broken"
EMPTY: Final = "empty"
MACROS: Final = "macros"
OLD: Final = "old"
UNREADABLE_TEXT: Final = "encoding"
TOO_LARGE: Final = "unpacked"
TOO_MANY_ROWS: Final = "rows"
TOO_MANY_COLUMNS: Final = "columns"
TOO_MANY_SHEETS: Final = "sheets"
CELL_TOO_LONG: Final = "cell"
ENTITIES: Final = "entities"
BAD_LINE: Final = "line"
"""Followed by a space and the number of the line."""
OTHER_TYPE: Final = "type"


def refuse(reason: str, *, of: bool = True) -> None:
    """Raise `RefusedError` with a reason, where there is one."""
    if of:
        raise RefusedError(reason)
