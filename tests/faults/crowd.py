"""What goes on while processes are killed: submissions, withdrawals, and campaigns being opened."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

from app.demo.bodies import SOURCE
from app.demo.loading import Loader
from app.demo.records import Activity, Tree
from app.demo.submissions import invented
from tests.faults.stubborn import Stubborn

_POLL_SECONDS = 0.05


class Submitters:
    """Several callers who submit the demonstration's activities, round after round."""

    def __init__(self, loader: Loader, campaign_id: str, tree: Tree) -> None:
        """`loader` knows the ids of the tree."""
        self._loader = loader
        self._campaign_id = campaign_id
        self._next = _rounds(invented(tree).activities)
        self._lock = threading.Lock()
        self.acknowledged: dict[str, tuple[str, Activity]] = {}
        """By the code of an activity: the id that the service gave it, and what was sent."""

    def submit(self, caller: Stubborn) -> None:
        """One activity, and its withdrawal if it has one."""
        with self._lock:
            activity = next(self._next)
        answer = caller.post("/v1/activities", self._body(activity), f"kill/{activity.code}")
        if activity.withdrawn:
            path = f"/v1/activities/{answer['id']}"
            caller.act(path, "withdrawal", {"reason": "录入有误"}, "withdrawn")
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
        caller.act(path, "open", None, "open")
        while caller.get(path)["status"] != "open":
            time.sleep(_POLL_SECONDS)
        self.at_work = False
        self.opened.append(made["id"])


def _rounds(activities: tuple[Activity, ...]) -> Iterator[Activity]:
    for number in count(1):
        for activity in activities:
            yield replace(activity, code=f"{activity.code}-R{number}")
