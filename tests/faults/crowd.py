"""What goes on meanwhile: submissions, withdrawals, campaigns being opened, a tree that changes."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any, TypeVar

from app.demo.bodies import SOURCE
from app.demo.loading import Loader
from app.demo.records import Activity, Record, Tree
from app.demo.submissions import TOPICS, invented
from tests.faults.stubborn import Busy, Stubborn, Trouble

_POLL_SECONDS = 0.05

_HELD_ON, _CLOSED_ON = date(2013, 2, 4), "2013-06-30"

Sendable = TypeVar("Sendable", Activity, Record)


class Submitters:
    """Several callers who submit the demonstration's activities, round after round."""

    def __init__(self, loader: Loader, campaign_id: str, tree: Tree) -> None:
        """`loader` knows the ids of the tree."""
        self._loader = loader
        self._campaign_id = campaign_id
        sent = invented(tree)
        self._next = _rounds(sent.activities)
        self._next_record = _rounds(sent.records)
        self._lock = threading.Lock()
        self.acknowledged: dict[str, tuple[str, Activity]] = {}
        """By the code of an activity: the id that the service gave it, and what was sent."""
        self.records: dict[str, tuple[str, Record]] = {}
        """The same of leader records."""

    def submit(self, caller: Stubborn) -> None:
        """One activity, and its withdrawal if it has one."""
        with self._lock:
            activity = next(self._next)
        self.send(caller, activity)

    def send(self, caller: Stubborn, activity: Activity) -> None:
        """This activity, and its withdrawal if it has one."""
        answer = caller.post("/v1/activities", self._body(activity), f"kill/{activity.code}")
        if activity.withdrawn:
            path = f"/v1/activities/{answer['id']}"
            caller.act(path, "withdrawal", {"reason": "录入有误"}, status="withdrawn")
        with self._lock:
            self.acknowledged[activity.code] = (answer["id"], activity)

    def submit_batch(self, caller: Stubborn) -> None:
        """Ten activities in one request, all or nothing."""
        with self._lock:
            activities = [replace(next(self._next), withdrawn=False) for _ in range(10)]
        body = {"items": [self._body(activity) for activity in activities]}
        answer = caller.post("/v1/activities/batch", body, f"kill/{activities[0].code}")
        with self._lock:
            for activity, result in zip(activities, answer["data"], strict=True):
                self.acknowledged[activity.code] = (result["id"], activity)

    def submit_record(self, caller: Stubborn) -> None:
        """One leader record, and its withdrawal if it has one."""
        with self._lock:
            record = next(self._next_record)
        key = {"source": SOURCE, "external_id": record.code}
        body = {"campaign_id": self._campaign_id, **key, **self._loader.bodies.record(record)}
        answer = caller.post("/v1/leader-records", body, f"kill/{record.code}")
        if record.withdrawn:
            path = f"/v1/leader-records/{answer['id']}"
            caller.act(path, "withdrawal", {"reason": "录入有误"}, status="withdrawn")
        with self._lock:
            self.records[record.code] = (answer["id"], record)

    def _body(self, activity: Activity) -> dict[str, Any]:
        body = self._loader.bodies.activity(activity)
        key = {"source": SOURCE, "external_id": activity.code}
        return {"campaign_id": self._campaign_id, **key, **body}


class Opener:
    """One caller who makes a campaign, opens it, waits until it is open, and begins anew."""

    def __init__(self, root_id: str) -> None:
        """`root_id`: the unit over whose subtree the campaigns run."""
        self._root_id = root_id
        self.opened: list[str] = []
        """Ids of the campaigns whose opening was acknowledged; each is open."""
        self.at_work = False

    def open_one(self, caller: Stubborn) -> None:
        """A campaign from the first to the last step of its opening."""
        code = f"opening-{len(self.opened) + 1}"
        template = {"template": "mass-line-discussion-2012", "root_unit_id": self._root_id}
        made = caller.post("/v1/campaigns", {**template, "code": code}, f"kill/{code}")
        path = f"/v1/campaigns/{made['id']}"
        self.at_work = True
        caller.act(path, "open", None, status="open")
        while caller.get(path)["status"] != "open":
            time.sleep(_POLL_SECONDS)
        self.at_work = False
        self.opened.append(made["id"])


class Gardener:
    """One caller who changes the tree below two units, over and over."""

    def __init__(self, submitters: Submitters, ids: dict[str, str], units: tuple[str, str]) -> None:
        """`units` are the codes of two units; nobody else changes what this one moves or closes."""
        self._submitters = submitters
        self._ids = ids
        self._units = units
        self._turns = count(1)
        self.changes = 0

    def change(self, caller: Stubborn) -> None:
        """Found a unit with a branch, let it work, move it and back; every other one is closed."""
        turn = next(self._turns)
        code = f"{self._units[0]}-G{turn}"
        here, there = (self._ids[unit] for unit in self._units)
        unit = self._founded(caller, "units", code, kind="committee", parent_id=here)
        branch = self._founded(caller, "branches", f"{code}-B", kind="branch", unit_id=unit)
        for number in range(2):
            held = Activity(f"{code}-A{number}", f"{code}-B", "discussion", _HELD_ON, TOPICS)
            held = replace(held, members_present=5 + number, body={"title": "谈群众工作"})
            self._submitters.send(caller, replace(held, withdrawn=number == 1))
            target = (there, here)[number]
            caller.act(f"/v1/units/{unit}", "move", {"parent_id": target}, parent_id=target)
        for path in (f"/v1/branches/{branch}", f"/v1/units/{unit}"):
            caller.act(path, "close", {"closed_on": _CLOSED_ON}, closed_on=_CLOSED_ON)
        if turn % 2:
            for path in (f"/v1/units/{unit}", f"/v1/branches/{branch}"):
                caller.act(path, "reopen", {}, closed_on=None)
        self.changes += 8 if turn % 2 else 6

    def carry(self, caller: Stubborn, town: str) -> None:
        """Move a town with all its branches to the one of the two units where it is not."""
        path = f"/v1/units/{self._ids[town]}"
        homes = [self._ids[unit] for unit in self._units]
        target = homes[1 - homes.index(caller.get(path)["parent_id"])]
        caller.act(path, "move", {"parent_id": target}, parent_id=target)
        self.changes += 1

    def _founded(self, caller: Stubborn, path: str, code: str, **fields: str) -> str:
        body = {"code": code, "name": code, "sector": "rural", **fields}
        made: str = caller.post(f"/v1/{path}", body, f"kill/{code}")["id"]
        self._ids[code] = made
        return made


class Threads(list[Busy]):
    """The crowd's threads; at the end, how many requests they sent, and why some again."""

    requests = 0

    def __init__(self, threads: Iterable[Busy]) -> None:
        """Nothing is known before the end."""
        super().__init__(threads)
        self.troubles: list[Trouble] = []

    @property
    def failed(self) -> bool:
        """Whether any has given up."""
        return any(thread.failed for thread in self)


@contextmanager
def crowd(address: str, key: str, works: Sequence[Callable[[Stubborn], None]]) -> Iterator[Threads]:
    """Callers at work until the end of the block; then they finish what they have begun."""
    with ExitStack() as stack:
        callers = [stack.enter_context(Stubborn(address, key)) for _ in works]
        threads = Threads(
            Busy(lambda work=work, caller=caller: work(caller))
            for work, caller in zip(works, callers, strict=True)
        )
        for thread in threads:
            thread.start()
        try:
            yield threads
        finally:
            for thread in threads:
                thread.stop()
            threads.requests = sum(caller.requests for caller in callers)
            threads.troubles = [trouble for caller in callers for trouble in caller.troubles]


def _rounds(submissions: tuple[Sendable, ...]) -> Iterator[Sendable]:
    for number in count(1):
        for each in submissions:
            yield replace(each, code=f"{each.code}-R{number}")
