"""The service's progress beside the recount: every number of units and of branches."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.demo.duties import Tally
from app.demo.figures import COUNTS, FIGURES, Groups
from app.demo.records import Organization, Tree
from app.demo.recount import Recount
from app.demo.service import Service

Difference = tuple[str, int, int]
"""Where, what the service says, what the recount says."""


class Comparison:
    """Compares answers with the recount; counts how many numbers it looked at."""

    def __init__(self, service: Service, campaign_id: str, ids: Mapping[str, str]) -> None:
        """`ids` are the service's ids of organizations by code."""
        self._service = service
        self._campaign_id = campaign_id
        self._ids = ids
        self.numbers = 0

    def progress(self, unit: Organization, group_by: str) -> Any:
        """Return the service's progress of a unit."""
        return self._service.get(
            "/v1/progress",
            campaign_id=self._campaign_id,
            unit_id=self._ids[unit.code],
            group_by=group_by,
        )

    def differences(self, tree: Tree, recount: Recount) -> Iterator[Difference]:
        """Yield those of the root, its direct reporters and a branch of each sector.

        Each by child and by sector, the root by requirement as well.
        """
        root = tree.root
        reporters = [o for o in tree.organizations if o.type == "unit" and o.parent == root.code]
        branches = {o.sector: o for o in reversed(tree.organizations) if o.type == "branch"}
        for unit in (root, *reporters, *branches.values()):
            yield from self._answer(self.progress(unit, "children"), recount.by_children(unit.code))
            yield from self._answer(self.progress(unit, "sector"), recount.by_sector(unit.code))
        whole = recount.by_children(root.code).whole
        for group in self.progress(root, "requirement")["groups"]:
            code = group["code"]
            yield from self._lines("by requirement", group["requirements"], {code: whole[code]})

    def _answer(self, answer: Mapping[str, Any], expected: Groups) -> Iterator[Difference]:
        place = f"{answer['unit']['code']} by {answer['group_by']}"
        yield from self._lines(place, answer["requirements"], expected.whole)
        yield from self._tally(
            f"{place} counts", _flat(answer["counts"]), expected.whole_counts, COUNTS
        )
        groups = {group["code"]: group for group in answer["groups"]}
        for code in sorted(expected.parts.keys() | expected.parts_counts.keys() | groups.keys()):
            inside = f"{place} {code}"
            group = groups.get(code)
            lines = group["requirements"] if group else []
            counts = _flat(group["counts"]) if group else {}
            yield from self._lines(inside, lines, expected.parts.get(code, {}))
            yield from self._tally(
                f"{inside} counts", counts, expected.parts_counts.get(code, {}), COUNTS
            )

    def _lines(
        self, place: str, lines: Sequence[Mapping[str, Any]], expected: Mapping[str, Tally]
    ) -> Iterator[Difference]:
        answered = {line["requirement_code"]: line for line in lines}
        for code in sorted(answered.keys() | expected.keys()):
            line, tally = answered.get(code, {}), expected.get(code, {})
            yield from self._tally(f"{place} {code}", line, tally, FIGURES)

    def _tally(
        self, place: str, answered: Mapping[str, Any], expected: Tally, names: Sequence[str]
    ) -> Iterator[Difference]:
        for name in names:
            self.numbers += 1
            service, recount = answered.get(name, 0), expected.get(name, 0)
            if service != recount:
                yield f"{place} {name}", service, recount


def _flat(counts: Mapping[str, Any]) -> Tally:
    """Return counts by name, parts of one by its name and theirs."""
    found: Tally = {}
    for name, value in counts.items():
        parts = value if isinstance(value, dict) else None
        found |= {name: value} if parts is None else {f"{name}/{k}": v for k, v in parts.items()}
    return found
