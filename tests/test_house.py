"""The rules of the house that no ready-made linter knows (`docs/architecture.md`)."""

import ast
import importlib.metadata
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).parent.parent
LONGEST_FILE = {"app": 300, "bench": 300, "migrations": 300, "tests": 500}
# A test tells one story from its beginning to its end: it may be longer than what it tests.
LONGEST_FUNCTION = {"app": 40, "bench": 40, "migrations": 40, "tests": 60}


def test_files_are_short() -> None:
    long = [
        f"{path}: {lines} lines"
        for path in _sources()
        if (lines := len(_read(path).splitlines())) > LONGEST_FILE[path.parts[0]]
    ]

    assert long == []


def test_functions_are_short() -> None:
    long = [
        f"{path}:{function.lineno} {function.name}: {lines} lines"
        for path in _sources()
        for function in ast.walk(ast.parse(_read(path)))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (function.end_lineno or 0) - function.lineno + 1)
        > LONGEST_FUNCTION[path.parts[0]]
    ]

    assert long == []


def test_features_do_not_commit() -> None:
    """The route and the job runner end transactions; whoever else did would tear them apart."""
    commits = [
        f"{path}:{node.lineno}"
        for path in _sources("app/features")
        for node in ast.walk(ast.parse(_read(path)))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    ]

    assert commits == []


def test_rows_of_any_columns_stay_in_the_database() -> None:
    """Who reads a row of any columns reads a name that nobody checks."""
    named = [str(path) for path in _sources("app") if "AnyRow" in _read(path)]

    assert [path for path in named if not path.startswith("app/db/")] == []


def test_no_drawer_for_everything() -> None:
    drawers = {"common.py", "helpers.py", "misc.py", "util.py", "utils.py"}

    assert [str(path) for path in _sources() if path.name in drawers] == []


@pytest.mark.parametrize(
    "name",
    ["requirements.lock", "requirements-dev.lock", "tests/contract/client/requirements.lock"],
)
def test_locks_are_hashed_and_name_no_place(name: str) -> None:
    lock = _read(Path(name))

    assert re.findall(r"\w+://|file:|^-|@ *[/.]", lock, re.MULTILINE) == []
    requirements = re.findall(r"^[^\s#].*", lock, re.MULTILINE)
    assert requirements
    assert lock.count(" \\\n    --hash=sha256:") >= len(requirements)


def test_the_lock_of_npm_is_hashed_and_names_no_place() -> None:
    lock = _read(Path("tests/contract/node/package-lock.json"))
    _, *packages = json.loads(lock)["packages"].values()

    assert "://" not in lock
    assert packages
    assert all("integrity" in package or "link" in package for package in packages)


def test_every_imported_package_is_declared() -> None:
    """What comes along with another package may go with its next version."""
    project = tomllib.loads(_read(Path("pyproject.toml")))["project"]
    declared = {re.split(r"[^\w-]", line)[0] for line in project["dependencies"]}
    distributions = importlib.metadata.packages_distributions()
    undeclared = {
        f"{path}: {name}"
        for path in _sources("app")
        for name in _imported(path) - sys.stdlib_module_names - {"app"}
        if not declared & {_normalised(found) for found in distributions[name]}
    }

    # Pydantic's own core is pinned to the digit by Pydantic.
    assert {line for line in undeclared if not line.endswith(": pydantic_core")} == set()


def test_every_setting_is_in_the_example() -> None:
    example = re.findall(r"^#? ?(DAJIATAN_[A-Z_]+)=", _read(Path(".env.example")), re.MULTILINE)

    assert sorted(example) == sorted(f"DAJIATAN_{name.upper()}" for name in Settings.model_fields)


def test_make_lists_every_target() -> None:
    makefile = _read(Path("Makefile"))
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    assert targets == set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(_read(path))))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    out_of = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in plain | out_of}


def _normalised(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _sources(*folders: str) -> Iterator[Path]:
    """Every Python file of these folders, relative to the root; but for single migrations."""
    for folder in folders or LONGEST_FILE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if relative.parts[:2] != ("migrations", "versions"):
                yield relative


def _read(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
