"""The demonstration's campaign: made from the template, given some dates, opened as a job."""

import time
from collections.abc import Mapping
from typing import Any, Final

from app.demo.display import Display
from app.demo.failures import Refused
from app.demo.records import Tree
from app.demo.service import Service
from app.kit.language import Text

CODE: Final = "demo-mass-line-discussion"
_NAME: Final = "“群众路线大家谈”活动（演示）"
_DATES: Final = {
    "themed-meeting": "2013-04-15",
    "discuss-doctrine": "2013-03-31",
    "leader-research-article": "2013-05-15",
    "platform-column": "2013-03-15",
}
"""Days that the root asks for. The notices name none, and then nothing is ever late."""
_LOCAL: Final = {
    "code": "local-volunteer-service",
    "title": "各支部开展一次志愿服务",
    "title_en": "Every branch gives volunteer service once",
    "subject": "branch",
    "evidence": {"record": "activity", "kinds": ["volunteer_service"]},
    "due_on": "2013-05-31",
    "sort_order": 900,
}
"""What one unit below the root asks of its own subtree in addition."""
_PASSED_ON: Final = "foshan-2013"
"""The notice with which one city passes a province's campaign on."""
_POLL_SECONDS: Final = 0.3


class Campaigner:
    """Has the campaign ready for submissions."""

    def __init__(self, service: Service, display: Display, ids: Mapping[str, str]) -> None:
        """`ids` are the service's ids of organizations by code."""
        self._service = service
        self._display = display
        self._ids = ids

    def opened(self, tree: Tree, *, province: bool) -> dict[str, Any]:
        """Return the campaign, open over the whole tree; the same one when asked again."""
        known = self._service.get("/v1/campaigns", code=CODE)["data"]
        campaign = known[0] if known else self._made(tree, province=province)
        if campaign["status"] == "draft":
            self._open(campaign["id"])
        else:
            self._display.say(_OPEN_ALREADY)
        found: dict[str, Any] = self._service.get(f"/v1/campaigns/{campaign['id']}")
        return found

    def _made(self, tree: Tree, *, province: bool) -> Any:
        body = {
            "template": "mass-line-discussion-2012",
            "root_unit_id": self._ids[tree.root.code],
            "level": "province" if province else "city",
            "code": CODE,
            "name": _NAME,
            # Its days have passed long ago.
            "notice_days": None,
        }
        made = self._service.post("/v1/campaigns", body).body
        path = f"/v1/campaigns/{made['id']}/requirements"
        for requirement in made["requirements"]:
            if requirement["code"] in _DATES:
                dated = {"due_on": _DATES[requirement["code"]]}
                self._service.change("PATCH", f"{path}/{requirement['id']}", dated)
        departments = (o for o in tree.organizations[1:] if o.kind == "organization_department")
        subordinate = next(departments, None)
        if subordinate is not None:
            unit_id = self._ids[subordinate.code]
            self._service.post(path, _LOCAL | {"issued_by_unit_id": unit_id})
            if province:
                added = {"unit_id": unit_id, "template": _PASSED_ON}
                self._service.post(f"/v1/campaigns/{made['id']}/supplements", added)
        return made

    def _open(self, campaign_id: str) -> None:
        """Ask for the opening and wait for the job of it."""
        path = f"/v1/campaigns/{campaign_id}"
        job_path = (
            f"/v1/jobs/{self._service.change('POST', f'{path}/open', None, of=path)['job_id']}"
        )
        job = self._service.get(job_path)
        while not job["progress"]["total"] and job["status"] in _AT_WORK:
            time.sleep(_POLL_SECONDS)
            job = self._service.get(job_path)
        done = 0
        with self._display.progress(_OPENING, job["progress"]["total"]) as advance:
            while True:
                advance(job["progress"]["done"] - done)
                done = job["progress"]["done"]
                if job["status"] not in _AT_WORK:
                    break
                time.sleep(_POLL_SECONDS)
                job = self._service.get(job_path)
        if job["status"] != "succeeded":
            raise Refused(_FAILED, problem=job["problem"])


_AT_WORK: Final = frozenset({"queued", "running"})
_OPENING: Final = Text("启动主题活动，建立任务", "opening the campaign: obligations")
_OPEN_ALREADY: Final = Text("主题活动先前已启动", "the campaign was open already")
_FAILED: Final = Text("启动主题活动失败：{problem}", "The campaign could not be opened: {problem}")
