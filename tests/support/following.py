"""A copy of what a caller sees, kept as the guide says: copied once, then followed."""

from collections.abc import Iterable, Iterator
from typing import Any, Self

from tests.support.client import Api
from tests.support.sealing import seal_all

LISTS = {
    "unit": "units", "branch": "branches", "leader": "leaders", "campaign": "campaigns",
    "delegate_office": "delegate-offices", "activity": "activities", "report": "reports",
    "leader_record": "leader-records", "finding": "findings", "opinion": "opinions",
    "inspection": "inspections", "attachment": "attachments",
}  # fmt: skip
ORGANIZATIONS = ("unit", "branch")
_OWNERS = ("parent_id", "org_id", "unit_id", "root_unit_id")
Key = tuple[str, str]


class Copy:
    """Records by type and id: their revision, and whose they are."""

    def __init__(self, api: Api, *resources: str, **asked: Any) -> None:
        """`resources` are the types of record to keep, all of them unless some are named."""
        self.api, self.asked = api, asked
        self.kept = resources or tuple(LISTS)
        self.rows: dict[Key, tuple[int, str | None]] = {}
        self.after: str | None = None
        self.told: list[str] = []
        self.page = 200

    async def meanwhile(self) -> None:
        """What others do between two pages: nothing, unless a test says so."""

    async def begin(self) -> Self:
        """Copy the lists, and stand where the first of them began."""
        await seal_all(self.api)
        await self.copy()
        return self

    async def read(self) -> Self:
        """Follow until nothing is new."""
        await seal_all(self.api)
        while True:
            after: dict[str, Any] = {"after": self.after} if self.after else {}
            page = await self.api.get("/v1/changes", **self.asked, **after)
            for change in page["data"]:
                self.told.append(change["cursor"])
                await self.apply(change)
            self.after = page["next_cursor"]
            if not page["has_more"]:
                return self

    async def apply(self, change: Any) -> None:
        """Bring the copy up to date with one change."""
        key = (change["resource"], change["id"])
        if change["resource"] not in self.kept:
            return
        if change["op"] in {"deleted", "left_scope"}:
            gone = {change["id"], *self.below(change["id"])}
            for other, (_, owner) in list(self.rows.items()):
                if other == key or (
                    key[0] in ORGANIZATIONS and (other[1] in gone or owner in gone)
                ):
                    del self.rows[other]
        elif key[0] in ORGANIZATIONS and key not in self.rows and ".created" not in change["type"]:
            await self.copy(under=change["id"])
        elif change["type"].endswith(".moved"):
            # All that stands below is told to stand elsewhere by this one change.
            await self.copy(ORGANIZATIONS, under=change["id"])
        else:
            answer = await self.api.send("GET", f"/v1/{LISTS[key[0]]}/{change['id']}")
            if answer.status_code == 200:
                self.put(key[0], answer.json())

    async def copy(self, resources: Iterable[str] = (), **narrowed: Any) -> None:
        """Copy the lists."""
        for resource in resources or self.kept:
            cursor: dict[str, Any] | None = {}
            while cursor is not None:
                address = f"/v1/{LISTS[resource]}"
                page = await self.api.get(address, limit=self.page, **narrowed, **cursor)
                for row in page["data"]:
                    self.put(resource, row)
                cursor = {"cursor": page["next_cursor"]} if page["has_more"] else None
                assert (page["changes_cursor"] is None) == page["has_more"]
                self.after = self.after or page["changes_cursor"]
                await self.meanwhile()

    def put(self, resource: str, row: Any) -> None:
        """Keep a record as it was read."""
        owner = next((row[name] for name in _OWNERS if row.get(name)), None)
        self.rows[resource, row["id"]] = (row["revision"], owner)

    def below(self, org_id: str) -> Iterator[str]:
        """Every organization that stands below one in the copy."""
        for (resource, id_), (_, parent) in list(self.rows.items()):
            if resource in ORGANIZATIONS and parent == org_id:
                yield id_
                yield from self.below(id_)

    async def check(self) -> None:
        """It is what the caller sees, no more and no less, in the revisions of now."""
        there: dict[Key, int] = {}
        for resource in self.kept:
            for row in await self.api.all(f"/v1/{LISTS[resource]}"):
                there[resource, row["id"]] = row["revision"]
        mine = {key: revision for key, (revision, _) in self.rows.items()}
        for resource, id_ in mine.keys() - there.keys():
            # What was passed on is seen, and is in no list of one's own.
            row = await self.api.get(f"/v1/{LISTS[resource]}/{id_}")
            there[resource, id_] = row["revision"]
        wrong = {key: (mine.get(key), there.get(key)) for key in mine.keys() | there.keys()}
        wrong = {key: pair for key, pair in wrong.items() if pair[0] != pair[1]}
        assert not wrong, f"copied and there: {wrong}"
        assert len(self.told) == len(set(self.told))
