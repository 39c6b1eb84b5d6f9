"""Proof that types reach the database: a column renamed, and names misspelt where they are read.

It works on a copy of the tree. First columns are renamed in the models: mypy must complain of each
of them somewhere else. Then every place where code reads a column, off an entity or a row, names it
wrongly: mypy must report each place. What it does not report it does not know the type of.

Columns of subqueries (`rows.c.name`) are left out, which no type checker knows; they fail as soon
as the statement is put together. `make lint` does so with a few columns, `make misspelling` with
every name of a column that there is.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from app.models import Base

ROOT: Final = Path(__file__).parents[2]
SAMPLE: Final = (
    "Activity.held_on", "Attachment.sha256", "Campaign.settle_until", "LeaderRecord.leader_id",
    "Obligation.due_on", "Obligation.min_count", "Obligation.requirement_id",
    "Obligation.subject_type", "Organization.closed_on", "Organization.path",
    "Report.adopted_count", "RequirementPeriod.opens_on",
)  # fmt: skip
"""Columns of all kinds, which routes, services, rules and queries read."""
_SUFFIX: Final = "_misspelt"
_LEFT_OUT: Final = {"backup", "contract", "db", "demo", "models", "schema"}
"""Those that see every row untyped, declare the columns, or know no rows of theirs."""
_NO_ROWS: Final = {
    "app",
    "loaded_app",
    "c",
    "column",
    "columns",
    "request",
    "route",
    "state",
    "table",
    "wanted",
}
"""What is read of these are columns of tables and subqueries, what Starlette keeps, and filters."""
_OF_COLUMNS: Final = {"key", "type"}
"""What columns themselves have: `Event.at.type` is no column of a type."""
_CLASS: Final = re.compile(r"class (\w+)")
_COLUMN: Final = re.compile(r"    (\w+): Mapped\[")
_LACKING: Final = re.compile(
    r'(?P<path>[^:]+):(?P<line>\d+): error: .*?"(?:type\[)?(?P<owner>\w+)\]?" has no attribute '
    r'"(?P<name>\w+)"'
)
_REPORTED: Final = re.compile(rf'([^:]+):(\d+): error: .*"(\w+){_SUFFIX}"')


class Read(NamedTuple):
    """A place where a column is read: file, line, and the column's name."""

    path: str
    line: int
    name: str


def rename(root: Path, columns: Collection[str]) -> None:
    """Rename columns, `Class.column`, where the models of a copy declare them."""
    for file in (root / "app" / "models").glob("*.py"):
        lines, owner = [], ""
        for line in file.read_text("utf-8").splitlines():
            if found := _CLASS.match(line):
                owner = found[1]
            column = _COLUMN.match(line)
            wrong = column and f"{owner}.{column[1]}" in columns
            lines.append(line.replace(":", f"{_SUFFIX}:", 1) if wrong else line)
        file.write_text("\n".join(lines) + "\n", "utf-8")


def find_noticed(root: Path) -> set[str]:
    """Return the columns, `Class.column`, that mypy misses outside of the models."""
    found = filter(None, map(_LACKING.match, run_mypy(root)))
    return {f"{m['owner']}.{m['name']}" for m in found if not m["path"].startswith("app/models/")}


def misspell(root: Path, names: Collection[str], only: Collection[Read] | None = None) -> set[Read]:
    """Misspell what the application reads of these columns, in a copy; return the places.

    In all places, or `only` in these.
    """
    places = set()
    for file in sorted((ROOT / "app").rglob("*.py")):
        path = file.relative_to(ROOT)
        if path.parts[1] in _LEFT_OUT:
            continue
        lines = file.read_bytes().splitlines(keepends=True)
        ends: dict[int, list[int]] = defaultdict(list)
        for node in find_reads(ast.parse(b"".join(lines)), names):
            read = Read(str(path), node.end_lineno or 0, node.attr)
            if only is None or read in only:
                ends[read.line].append(node.end_col_offset or 0)
                places.add(read)
        for number, columns in ends.items():
            for column in sorted(columns, reverse=True):
                line = lines[number - 1]
                lines[number - 1] = line[:column] + _SUFFIX.encode() + line[column:]
        (root / path).write_bytes(b"".join(lines))
    return places


def find_reads(tree: ast.AST, names: Collection[str]) -> Iterator[ast.Attribute]:
    """Yield the places in a module that read one of these columns."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or node.attr not in names or id(node) in called:
            continue
        if isinstance(node.ctx, ast.Load) and not _is_no_row(node):
            yield node


def find_missed(root: Path, names: Collection[str]) -> tuple[set[Read], set[Read]]:
    """Return all places that were misspelt, and those that mypy does not report."""
    every = left = misspell(root, names)
    missed: set[Read] = set()
    # What is read of something misspelt is not reported for that alone: it is tried once more.
    while left != missed:
        missed = left
        left = missed - {Read(m[1], int(m[2]), m[3]) for m in _find_reported(root)}
        misspell(root, names, left)
    return every, left


def run_mypy(root: Path) -> list[str]:
    """Return what mypy has to say of a copy."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", "app"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout.splitlines()


def main() -> None:
    """Try the columns of the sample, with `--all` the names of all; fail if one is not missed."""
    names = {column.partition(".")[2] for column in SAMPLE}
    if "--all" in sys.argv:
        names = {column.key for mapper in Base.registry.mappers for column in mapper.column_attrs}
    with TemporaryDirectory(prefix="dajiatan-misspelling-") as folder:
        root = Path(folder)
        shutil.copytree(ROOT / "app", root / "app")
        shutil.copy(ROOT / "pyproject.toml", root)
        if (ROOT / ".mypy_cache").exists():
            shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
        rename(root, SAMPLE)
        unnoticed = sorted(set(SAMPLE) - find_noticed(root))
        shutil.copytree(ROOT / "app" / "models", root / "app" / "models", dirs_exist_ok=True)
        every, missed = find_missed(root, names)
    for column in unnoticed:
        print(f"{column}: renamed, and no reader of it is reported")  # noqa: T201
    for read in sorted(missed):
        print(f"{read.path}:{read.line}: {read.name}: misspelt, and not reported")  # noqa: T201
    print(  # noqa: T201
        f"{len(SAMPLE)} columns renamed, {len(every)} reads of {len(names)} names misspelt:",
        f"{len(unnoticed) + len(missed)} not reported.",
    )
    sys.exit(bool(unnoticed or missed))


def _find_reported(root: Path) -> Iterator[re.Match[str]]:
    return filter(None, map(_REPORTED.match, run_mypy(root)))


def _is_no_row(read: ast.Attribute) -> bool:
    """Return whether it is read of something that only bears the name of a column."""
    of_row = _last_name(read.value) not in _NO_ROWS
    if read.attr in _OF_COLUMNS and isinstance(read.value, ast.Attribute):
        return _last_name(read.value.value)[:1].isupper() or not of_row
    return not of_row


def _last_name(value: ast.expr) -> str:
    if isinstance(value, ast.Subscript):
        return str(getattr(value.slice, "value", ""))
    return value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")


if __name__ == "__main__":
    main()
