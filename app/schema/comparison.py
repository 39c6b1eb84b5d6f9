"""The schema as it is, beside the schema as the models want it.

The id of a revision says what ought to be there; only the schema itself says what is.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, Index, UniqueConstraint, inspect

from app.models import Base, search
from app.schema.history import RELEASES

Difference = tuple[Any, ...]


def _is_modelled(_object: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:  # noqa: FBT001 - Alembic's own way
    return kind != "index" or name not in search.INDEXES


COMPARISON: Final[dict[str, Any]] = {
    "compare_type": True,
    "compare_server_default": True,
    "include_object": _is_modelled,
    "autogenerate_plugins": ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
}
"""How models and schema are compared, here and when a migration is generated."""
METADATA: Final = [Base.metadata, RELEASES]
_QUOTED: Final = re.compile(r"'(?:[^']|'')*'")
_WORD: Final = re.compile(r"\w+")


def differences(connection: Connection) -> list[str]:
    """Return a line for each difference between the schema and the models."""
    return [_describe(each) for each in _found(connection)]


def hindrances(connection: Connection) -> list[str]:
    """Return a line for each difference that this release cannot work with.

    An operator may add tables, and indexes that refuse nothing.
    """
    return [_describe(each) for each in _found(connection) if not _is_harmless(each)]


def lacking(connection: Connection) -> list[str]:
    """Return a line for each difference that this release cannot work with on a newer schema.

    Constraints and indexes may be others there, for a release may change its mind about them.
    """
    return [_describe(each) for each in _found(connection) if _is_fatal(each)]


def _found(connection: Connection) -> list[Difference]:
    context = MigrationContext.configure(connection, opts=COMPARISON)
    compared = compare_metadata(context, METADATA)  # type: ignore[arg-type]  # as `env.py` takes them
    found = list(_flat(compared))
    missing = {each[1].name for each in found if each[0] == "add_table"}
    found += _other_keys(connection, missing)
    found += _other_checks(connection, missing)
    return found + _missing_of_search(connection)


def _flat(compared: list[Any]) -> Iterator[Difference]:
    """Alembic puts the changes of one column into a list of their own."""
    for each in compared:
        if isinstance(each, list):
            yield from _flat(each)
        else:
            yield each


def _is_harmless(difference: Difference) -> bool:
    operation, subject = str(difference[0]), difference[1]
    if operation == "remove_index":
        return isinstance(subject, Index) and not subject.unique
    return operation == "remove_table"


def _is_fatal(difference: Difference) -> bool:
    operation = difference[0]
    if operation == "remove_column":
        column = difference[3]
        return not (column.nullable or column.server_default is not None)
    return operation in {"add_table", "add_column", "modify_type"}


def _other_keys(connection: Connection, missing: set[str]) -> list[Difference]:
    """Compare the primary keys, which Alembic does not."""
    keys = inspect(connection).get_multi_pk_constraint()
    return [
        ("modify_primary_key", table.name)
        for metadata in METADATA
        for table in metadata.sorted_tables
        if table.name not in missing
        and keys[None, table.name]["constrained_columns"] != table.primary_key.columns.keys()
    ]


def _other_checks(connection: Connection, missing: set[str]) -> list[Difference]:
    """Compare what check constraints of one name say: Alembic compares their names.

    PostgreSQL writes the expressions anew; what stays the same are the columns and the codes.
    """
    found: list[Difference] = []
    reflected = inspect(connection).get_multi_check_constraints()
    for table in Base.metadata.sorted_tables:
        if table.name in missing:
            continue
        columns = set(table.columns.keys())
        said = {
            each["name"]: _essence(each["sqltext"], columns)
            for each in reflected.get((None, table.name), ())
        }
        for check in table.constraints:
            if isinstance(check, CheckConstraint) and (name := str(check.name)) in said:
                compiled = check.sqltext.compile(
                    dialect=connection.dialect, compile_kwargs={"literal_binds": True}
                )
                if said[name] != _essence(str(compiled), columns):
                    found.append(("modify_check", table.name, name))
    return found


def _essence(expression: str, columns: set[str]) -> tuple[frozenset[str], frozenset[str]]:
    quoted = frozenset(_QUOTED.findall(expression))
    words = frozenset(_WORD.findall(_QUOTED.sub(" ", expression)))
    return quoted, words & columns


def _missing_of_search(connection: Connection) -> list[Difference]:
    """Return what PostgreSQL alone is searched by, and lacks."""
    if connection.dialect.name != "postgresql":
        return []
    names = set(connection.exec_driver_sql("SELECT indexname FROM pg_indexes").scalars())
    lacking: list[Difference] = [("add_index", n) for n in search.INDEXES if n not in names]
    for signature in search.FUNCTIONS:
        statement = f"SELECT to_regprocedure('{signature}') IS NULL"
        if connection.exec_driver_sql(statement).scalar_one():
            lacking.append(("add_function", signature))
    return lacking


def _describe(difference: Difference) -> str:
    """Make a line out of one of Alembic's tuples: the operation and the names of its subject."""
    operation, *parts = difference
    named = [_name(part) for part in parts if not isinstance(part, dict) and part is not None]
    return " ".join([operation, *named])


def _name(part: Any) -> str:
    if isinstance(part, CheckConstraint | Index | UniqueConstraint) and part.table is not None:
        return f"{part.table.name}.{part.name}"
    return str(getattr(part, "name", part))
