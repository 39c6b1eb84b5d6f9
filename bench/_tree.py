"""Trees as they are: uneven in depth and fan-out, branches nearly nine of ten organizations.

Made out of nothing but a seed, or around the real divisions of a file of `code, name, level,
parent_code, kind` (a province: 26,000 villages), to as many branches and leaders as wanted.
"""

import csv
import gzip
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from app.kit import ids

_SECTORS = ("rural", "community", "organ", "enterprise", "public_institution",
            "non_public_enterprise", "social_organization", "school", "other")  # fmt: skip
_WEIGHTS = (30, 14, 10, 12, 10, 12, 4, 7, 1)
_LOWEST = 14
"""A unit with no more branches than this has them directly below it."""


@dataclass(slots=True)
class Node:
    """A unit or branch."""

    id: UUID
    type: str
    name: str
    path: str
    parent_id: UUID | None
    sort_order: int
    sector: str
    branches: list[UUID] = field(default_factory=list)


def grown(root: Node, branches: int, seed: int = 1) -> list[Node]:
    """Return the root and a made-up tree below it."""
    chance = random.Random(seed)  # noqa: S311 - the same tree every time
    nodes = [root]
    _grow(chance, nodes, root, branches, depth=1)
    return nodes


def around(root: Node, file: Path, branches: int, seed: int = 1) -> list[Node]:
    """Return the root and the divisions of a file, branches below the lowest of them."""
    chance = random.Random(seed)  # noqa: S311 - the same tree every time
    nodes = [root]
    units: dict[str, Node] = {}
    parents: set[UUID] = set()
    for row in _rows(file):
        above = units.get(row["parent_code"], root)
        node = _child(chance, above, "unit", row["name"], len(nodes))
        units[row["code"]] = node
        parents.add(above.id)
        nodes.append(node)
    lowest = [node for node in units.values() if node.id not in parents]
    for unit, share in zip(lowest, _shares(chance, branches, len(lowest)), strict=True):
        _add_branches(chance, nodes, unit, share)
    return nodes


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _grow(chance: random.Random, nodes: list[Node], unit: Node, branches: int, depth: int) -> None:
    if branches <= _LOWEST or depth >= 6:
        _add_branches(chance, nodes, unit, branches)
        return
    own = min(branches, chance.randint(0, 6))
    _add_branches(chance, nodes, unit, own)
    wanted = 21 if depth == 1 else chance.choice([5, 8, 12, 20, 40, 110])
    count = max(2, min(wanted, (branches - own) // 5))
    for share in _shares(chance, branches - own, count):
        child = _child(chance, unit, "unit", f"{unit.name[:20]}{chance.randint(1, 99)}委", count)
        nodes.append(child)
        _grow(chance, nodes, child, share, depth + 1)


def _add_branches(chance: random.Random, nodes: list[Node], unit: Node, count: int) -> None:
    for number in range(count):
        node = _child(chance, unit, "branch", f"{unit.name[:20]}第{number + 1}支部", number)
        unit.branches.append(node.id)
        nodes.append(node)


def _child(chance: random.Random, above: Node, kind: str, name: str, order: int) -> Node:
    identifier = ids.new_id()
    path = above.path + ids.path_segment(identifier)
    # A village's branches are rural, a bank's are of enterprises: few units mix sectors.
    inherits = above.parent_id is not None and chance.random() < 0.85
    sector = above.sector if inherits else chance.choices(_SECTORS, _WEIGHTS)[0]
    return Node(identifier, kind, name, path, above.id, order, sector)


def _shares(chance: random.Random, total: int, parts: int) -> list[int]:
    """Split a number unevenly, each part at least one where there is enough."""
    weights = [chance.random() ** 2 + 0.1 for _ in range(parts)]
    scale = total / sum(weights)
    shares = [int(weight * scale) for weight in weights]
    for index in range(total - sum(shares)):
        shares[index % parts] += 1
    return shares
