"""Sends everything to the service, so that it may be sent again: what is there already stays.

Records go under natural keys (`source`, `external_id`), most of them in batches; those that are
sent twice go one by one, again under their `Idempotency-Key` and then without it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

from app.client.calls import Answer
from app.demo.bodies import SOURCE, Bodies
from app.demo.display import Display
from app.demo.failures import Refused
from app.demo.records import Leader, Organization, Sent, Submission, Tree
from app.demo.service import Service
from app.kit.language import Text

_CREATED, _REPLAYED = 201, "Idempotency-Replayed"

Coded = TypeVar("Coded", bound=Organization | Leader | Submission)
Sendable = TypeVar("Sendable", bound=Submission)


class Loader:
    """Sends the demonstration's records; keeps the ids that the service gave them, by code."""

    def __init__(
        self, service: Service, display: Display, root: Organization, root_id: str
    ) -> None:
        """Start from the root unit, which is there already."""
        self._service = service
        self._display = display
        self.ids = {root.code: root_id}
        self.bodies = Bodies(self.ids)

    def tree(self, tree: Tree) -> None:
        """Units from the root down, branches, leaders."""
        branches = [each for each in tree.organizations if each.type == "branch"]
        self._load(_UNITS, "/v1/units/batch", _levels(tree.organizations), self.bodies.unit)
        self._load(_BRANCHES, "/v1/branches/batch", [branches], self.bodies.branch)
        self._load(_LEADERS, "/v1/leaders/batch", [tree.leaders], self.bodies.leader)

    def submissions(self, campaign_id: str, sent: Sent) -> None:
        """Everything that is submitted; then what of it is withdrawn."""
        self._submit(
            _ACTIVITIES, "/v1/activities", sent.activities, campaign_id, self.bodies.activity
        )
        self._submit(_RECORDS, "/v1/leader-records", sent.records, campaign_id, self.bodies.record)
        self._submit(_REPORTS, "/v1/reports", sent.reports, campaign_id, self.bodies.report)
        self._submit(
            _INSPECTIONS,
            "/v1/inspections",
            sent.inspections,
            campaign_id,
            self.bodies.inspection,
            batched=False,
        )
        everything: tuple[tuple[str, Iterable[Submission]], ...] = (
            ("/v1/activities", sent.activities),
            ("/v1/leader-records", sent.records),
            ("/v1/reports", sent.reports),
            ("/v1/inspections", sent.inspections),
        )
        taken_back = [
            f"{path}/{self.ids[each.code]}"
            for path, items in everything
            for each in items
            if each.withdrawn
        ]
        known = 0
        with self._display.progress(_WITHDRAWALS, len(taken_back)) as advance:
            for path in taken_back:
                if self._service.get(path)["status"] == "withdrawn":
                    known += 1
                else:
                    reason = {"reason": "录入有误"}
                    self._service.change("POST", f"{path}/withdrawal", reason, of=path)
                advance(1)
        self._tell_known(known)

    def exemptions(self, campaign_id: str, exempt: Iterable[tuple[str, str]]) -> None:
        """Exempt subjects from requirements that they still owe."""
        pairs, known = sorted(exempt), 0
        with self._display.progress(_EXEMPTIONS, len(pairs)) as advance:
            for requirement, code in pairs:
                owed = self._service.get(
                    "/v1/obligations",
                    campaign_id=campaign_id,
                    requirement_code=requirement,
                    subject_id=self.ids[code],
                )["data"]
                if len(owed) != 1:
                    raise Refused(_NOT_OWED, code=code, requirement=requirement)
                path = f"/v1/obligations/{owed[0]['id']}"
                if owed[0]["status"] == "exempt":
                    known += 1
                else:
                    reason = {"reason": "机构调整期间，经批准免除"}
                    self._service.change("POST", f"{path}/exemption", reason, of=path)
                advance(1)
        self._tell_known(known)

    def _load(
        self,
        text: Text,
        path: str,
        groups: Iterable[Sequence[Coded]],
        body: Callable[[Coded], dict[str, Any]],
    ) -> None:
        """Send group after group; a body may need the ids of the groups before."""
        groups = list(groups)
        known = 0
        with self._display.progress(text, sum(map(len, groups))) as advance:
            for group in groups:
                known += self._batch(path, group, body, advance)
        self._tell_known(known)

    def _batch(
        self,
        path: str,
        items: Sequence[Coded],
        body: Callable[[Coded], dict[str, Any]],
        advance: Callable[[int], None],
    ) -> int:
        """Send items in batches; how many of them were there already."""
        known, codes = 0, (item.code for item in items)
        for results in self._service.batch(path, [body(item) for item in items]):
            for result in results:
                self.ids[next(codes)] = result["id"]
                known += result["status"] != _CREATED
            advance(len(results))
        return known

    def _submit(
        self,
        text: Text,
        path: str,
        items: Sequence[Sendable],
        campaign_id: str,
        body: Callable[[Sendable], dict[str, Any]],
        *,
        batched: bool = True,
    ) -> None:
        """Send records in batches, and those that go twice, or have no batches, one by one."""

        def whole(item: Sendable) -> dict[str, Any]:
            key = {"source": SOURCE, "external_id": item.code}
            return {"campaign_id": campaign_id, **key, **body(item)}

        singles = [item for item in items if item.twice]
        others = [item for item in items if not item.twice]
        known = 0
        with self._display.progress(text, len(items)) as advance:
            if batched:
                known += self._batch(f"{path}/batch", others, whole, advance)
            else:
                for item in others:
                    known += self._send(path, item.code, whole(item))
                    advance(1)
            for item in singles:
                known += self._send_again(path, item.code, whole(item))
                advance(1)
        self._tell_known(known)
        self._display.say(_AGAIN, again=len(singles))

    def _send(self, path: str, code: str, body: dict[str, Any]) -> bool:
        """Send a record; whether it was there already."""
        answer = self._service.post(path, body)
        self.ids[code] = answer.body["id"]
        return _was_there(answer)

    def _send_again(self, path: str, code: str, body: dict[str, Any]) -> bool:
        """Send a record three times, as after lost answers; whether it was there already."""
        key = quote(f"{SOURCE}/{code}")
        first = self._service.post(path, body, key=key)
        again = [self._service.post(path, body, key=key), self._service.post(path, body)]
        self.ids[code] = first.body["id"]
        if any(answer.body["id"] != self.ids[code] for answer in again):
            raise Refused(_DOUBLED, code=code)
        return _was_there(first)

    def _tell_known(self, known: int) -> None:
        if known:
            self._display.say(_THERE, known=known)


def _levels(organizations: Iterable[Organization]) -> list[list[Organization]]:
    """Return the units below the root, level by level of the tree."""
    depth: dict[str | None, int] = {None: -1}
    levels: dict[int, list[Organization]] = defaultdict(list)
    for unit in organizations:
        if unit.type == "unit":
            depth[unit.code] = depth[unit.parent] + 1
            levels[depth[unit.code]].append(unit)
    return [levels[number] for number in sorted(levels) if number]


def _was_there(answer: Answer) -> bool:
    return answer.status != _CREATED or _REPLAYED in answer.headers


_UNITS: Final = Text("党组织", "units")
_BRANCHES: Final = Text("党支部", "branches")
_LEADERS: Final = Text("领导干部", "leaders")
_ACTIVITIES: Final = Text("活动记录", "activities")
_RECORDS: Final = Text("“三个一”记录", "leader records")
_REPORTS: Final = Text("报送材料", "reports")
_INSPECTIONS: Final = Text("指导检查", "inspections")
_WITHDRAWALS: Final = Text("撤回", "withdrawals")
_EXEMPTIONS: Final = Text("免除", "exemptions")
_THERE: Final = Text("　其中 {known} 项先前已有，保持不变", "  {known} of them were there already")
_AGAIN: Final = Text("　其中 {again} 项各发送三次", "  {again} of them were sent three times each")
_DOUBLED: Final = Text(
    "{code} 重复发送后成为另一条记录。", "{code} became another record when it was sent again."
)
_NOT_OWED: Final = Text(
    "{code} 的任务 {requirement} 不在清单中。", "{code} does not owe {requirement} in the ledger."
)
