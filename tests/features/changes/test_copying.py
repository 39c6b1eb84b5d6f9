"""First copied, then followed: what changes while lists are read is in the feed afterwards."""

from tests.features.changes.test_changes import follow
from tests.support import factories
from tests.support.client import Api
from tests.support.following import Copy
from tests.support.places import Place
from tests.support.sealing import seal_all


class Busy(Copy):
    """A copy that is made while somebody writes between any two pages."""

    place: Place
    written = 0

    async def meanwhile(self) -> None:
        """Add, change and delete."""
        self.written += 1
        if self.written > 12:
            return
        place = self.place
        draft = await place.report(status="draft", title=f"第{self.written}篇")
        path = f"/v1/reports/{draft['id']}"
        if self.written % 3 == 0:
            await place.reporter.change("DELETE", path, expect=204)
        elif self.written % 3 == 1:
            await place.reporter.change("POST", f"{path}/submission", of=path)
        branch = f"/v1/branches/{place.branch['id']}"
        await place.admin.change("PATCH", branch, {"name": f"第{self.written}党支部"})
        if self.written % 4 == 0:
            await seal_all(place.admin)


async def test_what_changes_during_the_walk_is_told_afterwards(place: Place) -> None:
    for title in "甲乙丙丁戊":
        await place.report(title=title)
    for resource in ("report", "branch"):
        copy = Busy(place.reviewer, "unit", "branch", "report")
        copy.place, copy.page = place, 2
        await copy.copy([resource])
        assert copy.written
        await copy.copy()
        await (await copy.read()).check()


async def test_a_cursor_of_a_list_is_where_its_first_page_was_read(api: Api) -> None:
    root = await factories.root(api)
    for _ in range(3):
        await factories.unit(api, root)
    await seal_all(api)
    first = await api.get("/v1/units", limit=2)
    assert first["changes_cursor"] is None
    late = await factories.unit(api, root)
    await seal_all(api)
    last = await api.get("/v1/units", limit=200, cursor=first["next_cursor"])
    changes, _ = await follow(api, last["changes_cursor"])
    assert [c["id"] for c in changes] == [late["id"]]
    whole = await api.get("/v1/units", limit=200)
    assert (await follow(api, whole["changes_cursor"]))[0] == []
