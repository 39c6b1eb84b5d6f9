"""A tree that is changed by chance over HTTP, beside a model of what it must be afterwards.

The model knows parents, closings and posts and nothing of paths or of what is owed; it says of
each operation whether the service must carry it out.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support import factories
from tests.support.client import Api
from tests.support.granted import granted

CLOSED_ON = "2013-02-01"
DUE_ON = "2013-01-20"
MOST = 30
"""Organizations beyond which no more are founded."""
_TOPICS = ("a", "b")


@dataclass
class Node:
    """A unit or branch, as it must be."""

    id: str
    type: str
    parent: str | None
    closed: bool = False
    opened_on: str | None = None

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"/v1/{'units' if self.type == 'unit' else 'branches'}/{self.id}"


@dataclass
class Post:
    """Where a leader must be."""

    unit: str
    branch: str | None
    second: set[str] = field(default_factory=set)
    """The units at which they must hold a second post."""
    left: bool = False

    def lead(self, unit: str) -> None:
        """Lead a unit; what they held there beside is their own post now."""
        self.unit = unit
        self.second.discard(unit)


@dataclass
class Grove:
    """The tree, its model, and the records that were handed in."""

    api: Api
    chance: random.Random
    nodes: dict[str, Node] = field(default_factory=dict)
    leaders: dict[str, Post] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    """The path of each record, with its status."""
    deleted: set[str] = field(default_factory=set)
    campaign: Any = None
    root: str = ""

    async def plant(self) -> None:
        """A root, two units with two branches each, four leaders; one campaign open, one past."""
        root = await factories.root(self.api)
        self.root = root["id"]
        self.nodes[self.root] = Node(self.root, "unit", None)
        for _ in range(2):
            above = await self._found("unit", self.root)
            for _ in range(2):
                branch = await self._found("branch", above)
                await self._enter(above, branch)
        self.reviewer = await granted(self.api, root, "reviewer")
        past = await self._campaign("past")
        for node in [it for it in self.nodes.values() if it.type == "branch"][:2]:
            held = factories.activity(node.__dict__, past, "themed_org_life_meeting")
            await self.api.post("/v1/activities", held)
        path = f"/v1/campaigns/{past['id']}"
        await self.api.change("POST", f"{path}/close", of=path)
        self.campaign = await self._campaign("now")

    async def operate(self) -> str:
        """One operation by chance, on the tree or on what is submitted; its name."""
        tree = [self.found, self.move, self.move, self.merge, self.merge, self.split,
                self.split, self.close, self.reopen, self.reopen, self.transfer, self.transfer,
                self.leave, self.delete, self.take_up, self.take_up, self.give_up,
                self.change_sector]  # fmt: skip
        work = [self.submit, self.submit, self.report, self.withdraw, self.resubmit, self.review]
        operation = self.chance.choice(self.chance.choice([tree, tree, work]))
        await operation()
        return operation.__name__

    def closed_above(self, node: Node) -> bool:
        """Whether the unit above is closed."""
        return node.parent is not None and self.nodes[node.parent].closed

    def below(self, top: str) -> set[str]:
        """The ids of an organization and of all below it."""
        return {id_ for id_ in self.nodes if top in self.way(id_)}

    def way(self, id_: str) -> list[str]:
        """The ids from an organization up to the root; fails on a cycle or an orphan."""
        found = [id_]
        while (parent := self.nodes[found[-1]].parent) is not None:
            assert parent not in found
            found.append(parent)
        return found

    async def found(self) -> None:
        """A unit or a branch, with a leader."""
        if len(self.nodes) >= MOST:
            return
        above = self._any(lambda n: n.type == "unit" and not n.closed)
        made = await self._found(self.chance.choice(["unit", "branch"]), above)
        if self.nodes[made].type == "branch":
            await self._enter(above, made)

    async def move(self) -> None:
        """Below another unit, or to where it cannot stand."""
        moved = self.nodes[self._any(lambda n: n.parent is not None)]
        to = self._any(lambda n: n.type == "unit")
        name = "parent_id" if moved.type == "unit" else "unit_id"
        may = to == moved.parent or not (self.nodes[to].closed or to in self.below(moved.id))
        await self._act(moved.path, "move", {name: to}, 200 if may else 422)
        if may:
            moved.parent = to

    async def merge(self) -> None:
        """Into another of its type, or into one that cannot be."""
        old = self.nodes[self._any(lambda n: n.parent is not None)]
        into = self.nodes[self._any(lambda n: n.type == old.type)]
        body = {"into_id": into.id, "closed_on": CLOSED_ON}
        inside = into.id in self.below(old.id)
        expect = 409 if old.closed else 422 if inside or into.closed else 200
        await self._act(old.path, "merge", body, expect)
        if expect != 200:
            return
        old.closed = True
        for node in self.nodes.values():
            if node.parent == old.id:
                node.parent = into.id
        for post in self.leaders.values():
            if post.unit == old.id:
                post.lead(into.id)
            post.branch = into.id if post.branch == old.id else post.branch
            if old.id in post.second:
                post.second = post.second - {old.id} | ({into.id} - {post.unit})

    async def split(self) -> None:
        """Some of what is below it, and of its leaders, go to a part beside it."""
        old = self.nodes[self._any(lambda n: n.parent is not None)]
        if len(self.nodes) >= MOST:
            return
        below = [
            n for n in self.nodes.values() if n.parent == old.id and self.chance.random() < 0.6
        ]
        led = [id_ for id_, post in self.leaders.items() if old.id in {post.unit, post.branch}]
        goes = [id_ for id_ in led if self.chance.random() < 0.6]
        # From the day on which it may be closed again; else it would be from today.
        part = {"code": factories.own_id()[:18], "name": "新设", "leader_ids": goes,
                "opened_on": CLOSED_ON}  # fmt: skip
        if old.type == "unit":
            part |= {"kind": "committee", "child_ids": [n.id for n in below]}
        else:
            part |= {"sector": "rural"}
        remain = any(n.parent == old.id and not n.closed and n not in below
                     for n in self.nodes.values())  # fmt: skip
        shut = {"closed_on": CLOSED_ON} if self.chance.random() < 0.5 else {}
        expect = 409 if old.closed or (shut and remain) else 200
        answer = await self._act(old.path, "split", {"parts": [part], **shut}, expect)
        if expect != 200:
            return
        made = answer.json()["parts"][0]["id"]
        self.nodes[made] = Node(made, old.type, old.parent, opened_on=CLOSED_ON)
        old.closed = bool(shut)
        for node in below:
            node.parent = made
        for post in (self.leaders[id_] for id_ in goes):
            post.unit = made if post.unit == old.id else post.unit
            post.branch = made if post.branch == old.id else post.branch

    async def close(self) -> None:
        """Close one; nothing open may stand below it."""
        node = self.nodes[self._any(lambda n: n.parent is not None)]
        open_below = any(n.parent == node.id and not n.closed for n in self.nodes.values())
        expect = 409 if node.closed or open_below else 200
        await self._act(node.path, "close", {"closed_on": CLOSED_ON}, expect)
        node.closed = node.closed or expect == 200

    async def reopen(self) -> None:
        """Open one again, not below a closed one."""
        shut = any(node.closed for node in self.nodes.values())
        node = self.nodes[self._any(lambda n: n.closed or not shut)]
        expect = 409 if not node.closed or self.closed_above(node) else 200
        await self._act(node.path, "reopen", None, expect)
        node.closed = node.closed and expect != 200

    async def transfer(self) -> None:
        """A leader goes to another unit, perhaps to another branch too."""
        id_ = self.chance.choice(list(self.leaders))
        unit = self._any(lambda n: n.type == "unit")
        post = self.leaders[id_]
        may = unit == post.unit or not self.nodes[unit].closed
        path = f"/v1/leaders/{id_}"
        await self.api.change("PATCH", path, {"unit_id": unit}, expect=200 if may else 422)
        if may:
            post.lead(unit)

    async def take_up(self) -> None:
        """A leader takes up a second post, or one that they cannot hold."""
        id_ = self.chance.choice(list(self.leaders))
        unit = self._any(lambda n: n.type == "unit")
        post = self.leaders[id_]
        held = unit in {post.unit, *post.second}
        may = not (held or post.left or self.nodes[unit].closed)
        body = {"unit_id": unit, "post": "兼任"}
        await self._act(f"/v1/leaders/{id_}", "second-posts", body, 200 if may else 422)
        if may:
            post.second.add(unit)

    async def give_up(self) -> None:
        """A leader gives a second post up."""
        holders = [id_ for id_, post in self.leaders.items() if post.second]
        if not holders:
            return
        path = f"/v1/leaders/{self.chance.choice(holders)}"
        told = await self.api.get(f"{path}/second-posts")
        one = self.chance.choice([post for post in told["data"] if post["until"] is None])
        await self._act(path, f"second-posts/{one['id']}/end", {}, 200)
        self.leaders[path[-36:]].second.remove(one["unit_id"])

    async def leave(self) -> None:
        """A leader leaves their post, or comes back to it."""
        id_ = self.chance.choice(list(self.leaders))
        day = self.chance.choice([CLOSED_ON, None, None])
        await self.api.change("PATCH", f"/v1/leaders/{id_}", {"active_to": day})
        self.leaders[id_].left = day is not None

    async def delete(self) -> None:
        """Delete one if nothing refers to it; else it stays, whole."""
        node = self.nodes[self._any(lambda n: n.parent is not None)]
        response = await self.api.send("DELETE", node.path, headers={"If-Match": "*"})
        assert response.status_code in {204, 409}
        if response.status_code == 204:
            assert not any(n.parent == node.id for n in self.nodes.values())
            posts = self.leaders.values()
            assert not any(node.id in {p.unit, p.branch, *p.second} for p in posts)
            del self.nodes[node.id]
            self.deleted.add(node.id)

    async def change_sector(self) -> None:
        """An organization counts under another sector."""
        node = self.nodes[self._any(lambda n: not n.closed)]
        body = {"sector": self.chance.choice(["rural", "organ"])}
        await self.api.change("PATCH", node.path, body)

    async def submit(self) -> None:
        """An activity of an organization that is open; none before it was founded."""
        holder = self._any(lambda n: not n.closed)
        topics = [topic for topic in _TOPICS if self.chance.random() < 0.7]
        kind = self.chance.choice(["discussion", "themed_org_life_meeting"])
        found = {"check": "methods", "description": "入户少", "due_on": self._day()}
        node, held_on = self.nodes[holder], self._day()
        body = factories.activity(
            {"id": node.id}, self.campaign, kind, topics=topics, held_on=held_on,
            findings=[found] * self.chance.randint(0, 2), members_present=self.chance.randint(0, 9),
        )  # fmt: skip
        early = node.opened_on is not None and held_on < node.opened_on
        made = await self.api.post("/v1/activities", body, expect=422 if early else 201)
        if early:
            return
        self.records[f"/v1/activities/{made['id']}"] = made["status"]

    async def report(self) -> None:
        """A leader's own record."""
        of = {"id": self.chance.choice(list(self.leaders))}
        body = factories.record(of, self.campaign, "grassroots_talk", done_on=self._day())
        response = await self.api.send("POST", "/v1/leader-records", body)
        assert response.status_code in {201, 422}, response.text  # the leader's unit is closed
        if response.status_code == 201:
            made = response.json()
            self.records[f"/v1/leader-records/{made['id']}"] = made["status"]

    async def withdraw(self) -> None:
        """Take a record back."""
        await self._write({"submitted", "returned"}, "withdrawal", {"reason": "误"}, "withdrawn")

    async def resubmit(self) -> None:
        """Hand a returned or withdrawn record in again."""
        await self._write({"withdrawn", "returned"}, "submission", None, "submitted")

    async def review(self) -> None:
        """Accept or return what was handed in."""
        decision = self.chance.choice(["accept", "return", "return"])
        path = self._record({"submitted"})
        if path is None:
            return
        revision = (await self.api.get(path))["revision"]
        body = {"decision": decision, "revision": revision, "reason": "看过"}
        response = await self.reviewer.send("POST", f"{path}/reviews", body)
        assert response.status_code in {200, 201}, response.text
        self.records[path] = "accepted" if decision == "accept" else "returned"

    async def _write(self, states: set[str], action: str, body: Any, becomes: str) -> None:
        path = self._record(states)
        if path is None:
            return
        answer = await self.api.send("POST", f"{path}/{action}", body, headers={"If-Match": "*"})
        if answer.status_code == 200:
            self.records[path] = becomes
        else:  # its organization was closed, or its leader's
            assert answer.status_code in {409, 422}, answer.text

    async def _act(self, path: str, act: str, body: Any, expect: int) -> Any:
        headers = {"If-Match": "*"}
        return await self.api.send("POST", f"{path}/{act}", body, headers=headers, expect=expect)

    async def _campaign(self, code: str) -> Any:
        body = {"root_unit_id": self.root, "code": code, "name": "活动", "starts_on": "2012-12-24",
                "topics": [{"code": t, "title": t} for t in _TOPICS],
                "requirements": _requirements()}  # fmt: skip
        made = await self.api.post("/v1/campaigns", body)
        await factories.open_campaign(self.api, made)
        return made

    async def _found(self, kind: str, above: str) -> str:
        make = factories.unit if kind == "unit" else factories.branch
        made = await make(self.api, {"id": above}, sector=self.chance.choice(["rural", "organ"]))
        self.nodes[made["id"]] = Node(made["id"], kind, above)
        return str(made["id"])

    async def _enter(self, unit: str, branch: str) -> None:
        made = await factories.leader(self.api, {"id": unit}, {"id": branch})
        self.leaders[made["id"]] = Post(unit, branch)

    def _any(self, allowed: Callable[[Node], bool]) -> str:
        """One of the organizations of which it is true; of the root it always is for some."""
        return self.chance.choice([id_ for id_, node in self.nodes.items() if allowed(node)])

    def _record(self, states: set[str]) -> str | None:
        found = [path for path, status in self.records.items() if status in states]
        return self.chance.choice(found) if found else None

    def _day(self) -> str:
        return f"2013-01-{self.chance.randint(5, 28):02}"


def _requirements() -> list[dict[str, Any]]:
    """Of branches, leaders and units; by subtree, sector and for direct reporters only."""
    meeting = {"record": "activity", "kinds": ["themed_org_life_meeting"]}
    both = {"record": "activity", "kinds": ["discussion", "themed_org_life_meeting"]}
    talk = {"record": "activity", "kinds": ["discussion"]}
    parts: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("branch", meeting, {}),
        ("branch", both | {"topics": ["a"]}, {"min_count": 2}),
        ("leader", {"record": "leader_record", "kinds": ["grassroots_talk"]}, {}),
        (
            "leader",
            {"record": "leader_record", "kinds": ["grassroots_talk"]},
            {"applies_to": {"sectors": ["rural"]}},
        ),
        ("unit", talk, {"applies_to": {"scope": "direct_reporters"}}),
        ("branch", talk, {"applies_to": {"sectors": ["rural"]}}),
        ("branch", both, {"every": "month", "due_on": "2013-03-31"}),
    ]
    return [
        {"code": f"r{n}", "title": "要求", "subject": subject, "evidence": evidence,
         "due_on": DUE_ON, **more}
        for n, (subject, evidence, more) in enumerate(parts)
    ]  # fmt: skip
