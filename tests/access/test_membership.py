"""Who belongs to which subtree is decided in one place: no feature writes that filter itself.

Only `app.access.visibility` compares paths in SQL and only `app.kit.ids.is_within` in Python. What
needs more than these two is listed here with its reason; an entry that is not needed fails, too.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).parents[2] / "app"

ALLOWED = {
    "features/progress/queries/reading.py load_requirements: func.substr": (
        "the reverse question, which requirements of superiors reach down to this unit"
    ),
    "features/tree/queries/paths.py child_path: func.substr": (
        "groups by the child that a path leads through; the filter beside it is `in_subtree`"
    ),
    "features/organizations/queries/organizations.py _replanted: func.substr": (
        "moves a subtree: writes paths, reads nobody's rows"
    ),
    "features/organizations/queries/organizations.py _head: func.substr": (
        "who heads an area or a zone, for the rows of a subtree that is moved; reads nobody's rows"
    ),
    "features/organizations/queries/organizations.py below: func.substr": (
        "which child's part of a subtree, to be handed over; the filter beside it is `in_subtree`"
    ),
    "features/obligations/routes/obligations.py _as_of: caller.paths": (
        "the root, from which a past day's tree is laid out; what is listed passes `visible`"
    ),
    "features/audit/queries.py list_visible: caller.paths": (
        "events of no organization are for who audits the whole tree"
    ),
    "features/audit/routes.py _record: caller.paths": "the unit whose trail was read",
    "features/accounts/service/clients.py _own_unit: caller.paths": (
        "the unit of a new client when the caller names none"
    ),
    "features/accounts/service/grants.py _authority: caller.paths": (
        "the unit in whose name a grant is given"
    ),
    "features/accounts/routes/me.py me: caller.scopes": "shows the caller its own grants",
    "features/attachments/queries.py in_sight: caller.paths": (
        "the units above the caller, whose notices' files reach down to it"
    ),
    "features/exports/service/asking.py ask: caller.paths": (
        "keeps over what the asker has sight, for the job that makes the export; reads no rows"
    ),
    "features/changes/queries/following.py by: caller.paths": (
        "in which subtrees it looks on its way; what it tells of records passes `visible`"
    ),
    "features/tasks/service.py choose_places: caller.scopes": (
        "whose tasks: the organizations of the caller's own grants"
    ),
    "features/submissions/defaulting.py find_own_organization: caller.scopes": (
        "the unit of a new submission when the caller names none"
    ),
    "features/obligations/queries/standing.py _of_activity: func.substr": (
        "the beginning of a summary, which is no path"
    ),
}


def test_no_membership_filter_is_written_by_hand() -> None:
    found = {
        f"{path.relative_to(APP)} {function}: {what}"
        for path in sorted((APP / "features").rglob("*.py"))
        for function, what in _suspects(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert found - ALLOWED.keys() == set(), "use app.access.visibility or app.kit.ids.is_within"
    assert ALLOWED.keys() - found == set(), "no longer needed in this list"


def test_the_lint_finds_each_way_to_write_one() -> None:
    ways = {
        "x.path.startswith(top)": "startswith on a path",
        "select(A).where(Organization.path >= low)": "comparison of Organization.path",
        "select(A).where(low <= Unit.path)": "comparison of Unit.path",
        "Organization.path.like(top)": "like on a path",
        "Organization.path.between(a, b)": "between on a path",
        "func.substr(Organization.path, 1, 3) == top": "func.substr",
        "func.left(Organization.path, 3) == top": "func.left",
        "[s for s in caller.scopes]": "caller.scopes",
        "Leader.org_id.in_(p for p in caller.paths(power))": "caller.paths",
    }
    for code, what in ways.items():
        assert what in {found for _, found in _suspects(ast.parse(f"def f():\n    {code}"))}


def _suspects(tree: ast.AST, function: str = "module") -> Iterator[tuple[str, str]]:
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function
        what = _suspicion(node)
        if what:
            yield function, what
        yield from _suspects(node, inside)


def _suspicion(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in {
            "startswith",
            "like",
            "ilike",
            "between",
            "contains",
        } and _is_path(value):
            return f"{name} on a path"
        case ast.Compare(left=left, ops=ops, comparators=comparators) if any(
            isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in ops
        ):
            columns = [side for side in (left, *comparators) if _is_column(side)]
            return f"comparison of {ast.unparse(columns[0])}" if columns else None
        case ast.Attribute(value=ast.Name(id="func"), attr="substr" | "left" | "substring" as name):
            return f"func.{name}"
        case ast.Attribute(value=ast.Name(id="caller"), attr="paths" | "scopes" as name):
            return f"caller.{name}"
    return None


def _is_path(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "path") or (
        isinstance(node, ast.Name) and node.id.endswith("path")
    )


def _is_column(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == "path"
        and (isinstance(node.value, ast.Name) and node.value.id[:1].isupper())
    )
