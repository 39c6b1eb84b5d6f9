"""Keep a copy of what a key sees in a SQLite file: first copied, then followed.

`docs/guides/following.md` says why it is done so.

    DAJIATAN_URL=http://127.0.0.1:8000 DAJIATAN_KEY=djt_… python examples/follow.py copy.db

Stop it whenever you like: it goes on from where the file is. `--once` ends when nothing is new.
"""

import json
import os
import sqlite3
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

LISTS = {
    "unit": "units", "branch": "branches", "leader": "leaders", "campaign": "campaigns",
    "activity": "activities", "leader_record": "leader-records", "finding": "findings",
    "opinion": "opinions", "report": "reports", "inspection": "inspections",
    "delegate_office": "delegate-offices", "attachment": "attachments",
}  # fmt: skip
ORGANIZATIONS = ("unit", "branch")
OWNERS = ("parent_id", "org_id", "unit_id", "root_unit_id")
SCHEMA = """
CREATE TABLE IF NOT EXISTS records (resource, id, owner_id, body, PRIMARY KEY (resource, id));
CREATE INDEX IF NOT EXISTS records_of ON records (owner_id);
CREATE TABLE IF NOT EXISTS position (cursor)
"""
BELOW = """
WITH RECURSIVE below (id) AS (SELECT ? UNION SELECT r.id FROM records r JOIN below b
    ON r.owner_id = b.id WHERE r.resource IN ('unit', 'branch'))
"""


def get(path: str, **query: Any) -> Any:
    """Return the JSON of an address, None where nothing is there (any more)."""
    address = f"{os.environ['DAJIATAN_URL']}/v1/{path}?{urllib.parse.urlencode(query)}"
    key = {"Authorization": f"Bearer {os.environ['DAJIATAN_KEY']}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=key)) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code in {404, 410}:
            return None
        raise


def put(copy: sqlite3.Connection, resource: str, record: Any) -> None:
    """Keep a record as it is now."""
    owner = next((record[name] for name in OWNERS if record.get(name)), None)
    row = (resource, record["id"], owner, json.dumps(record, ensure_ascii=False))
    copy.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", row)


def copy_lists(copy: sqlite3.Connection, resources: Any = LISTS, **narrowed: str) -> str:
    """Copy lists whole; return the cursor of the first, behind which nothing is missed."""
    first = None
    for resource in resources:
        query: dict[str, Any] = {"limit": 200, **narrowed}
        while True:
            page = get(LISTS[resource], **query)
            for record in page["data"] if page else ():
                put(copy, resource, record)
            if not page or not page["has_more"]:
                break
            query["cursor"] = page["next_cursor"]
        first = first or (page["changes_cursor"] if page else None)
    return first or ""


def apply(copy: sqlite3.Connection, change: Any) -> None:
    """Bring the copy up to date with one change."""
    resource, id_ = change["resource"], change["id"]
    if resource not in LISTS:
        return
    known = copy.execute("SELECT 1 FROM records WHERE resource = ? AND id = ?", (resource, id_))
    is_known = known.fetchone() is not None
    if change["op"] in {"deleted", "left_scope"}:
        if resource in ORGANIZATIONS:  # with it goes all that stands below, and what is theirs
            gone = f"{BELOW} DELETE FROM records WHERE id IN below OR owner_id IN below"  # noqa: S608
            copy.execute(gone, (id_,))
        copy.execute("DELETE FROM records WHERE resource = ? AND id = ?", (resource, id_))
    elif resource in ORGANIZATIONS and not is_known and not change["type"].endswith(".created"):
        copy_lists(copy, under=id_)  # it has come into sight with all that is there
    elif change["type"] in {"unit.moved", "branch.moved"}:
        copy_lists(copy, ORGANIZATIONS, under=id_)  # what stands below has other ancestors now
    elif record := get(f"{LISTS[resource]}/{id_}"):
        put(copy, resource, record)


def main() -> None:
    """Copy once, then follow; each page is one transaction of the copy."""
    copy = sqlite3.connect(sys.argv[1])
    copy.executescript(SCHEMA)
    row = copy.execute("SELECT cursor FROM position").fetchone()
    cursor = row[0] if row else None
    while True:
        wait = 0 if "--once" in sys.argv else 30
        page = get("changes", after=cursor, limit=500, wait=wait) if cursor else None
        with copy:
            if page is None:  # at the beginning, or 410: start over
                copy.execute("DELETE FROM records")
                cursor = copy_lists(copy)
            else:
                for change in page["data"]:
                    apply(copy, change)
                cursor = page["next_cursor"]
            copy.execute("DELETE FROM position")
            copy.execute("INSERT INTO position VALUES (?)", (cursor,))
        if page and not page["has_more"] and "--once" in sys.argv:
            return


if __name__ == "__main__":
    main()
