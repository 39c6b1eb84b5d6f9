"""A small city under the root, and callers with one role at one of its organizations."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from app.access import keys
from app.kit import ids
from app.models import ApiKey, Client, Grant, Leader, Organization
from app.models.vocabulary import Role
from tests.support.client import Api

As = Callable[[Role, str], Awaitable[Api]]
"""A caller with a role at the organization of a name."""


@dataclass
class Tree:
    """The organizations by name: `id`, as a string."""

    api: Api
    records: dict[str, Organization] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return str(self.records[name].id)


_UNITS = {
    "chancheng": ("root", "organization_department", "organ"),
    "nanhai": ("root", "organization_department", "organ"),
    "organs": ("root", "working_committee", "organ"),
    "enterprise": ("root", "committee", "enterprise"),
    "town": ("nanhai", "committee", "organ"),
}
_BRANCHES = {"street": "chancheng", "village": "town", "office": "organs"}


@pytest.fixture
async def tree(api: Api) -> Tree:
    """Root › chancheng (branch street), nanhai › town (village), organs (office), enterprise.

    One leader each in nanhai and organs.
    """
    made = Tree(api)
    async with api.database.writing() as session:
        statement = select(Organization).where(Organization.parent_id.is_(None))
        made.records["root"] = (await session.execute(statement)).scalar_one()

        async def add(name: str, parent: str, **fields: Any) -> None:
            above = made.records[parent]
            new_id = ids.new_id()
            path = above.path + ids.path_segment(new_id)
            made.records[name] = Organization(
                id=new_id, code=name, name=name, parent_id=above.id,
                path=path, **ids.zones_of(path), **fields,
            )  # fmt: skip
            session.add(made.records[name])
            await session.flush()

        for name, (parent, kind, sector) in _UNITS.items():
            await add(name, parent, type="unit", kind=kind, sector=sector)
        for name, parent in _BRANCHES.items():
            await add(name, parent, type="branch", kind="branch", sector="community")
        for unit, branch in (("nanhai", "village"), ("organs", "office")):
            session.add(
                Leader(
                    name=f"leader of {unit}", post="书记", position_level="131",
                    org_id=made.records[unit].id, branch_id=made.records[branch].id,
                    **ids.zones_of(made.records[unit].path),
                )
            )  # fmt: skip
    return made


@pytest.fixture
def as_(api: Api, tree: Tree) -> As:
    """Makes callers."""

    async def caller(role: Role, place: str) -> Api:
        async with api.database.writing() as session:
            org_id = tree.records[place].id
            client = Client(id=ids.new_id(), org_id=org_id, name=f"{role} of {place}")
            session.add(client)
            await session.flush()
            minted = keys.mint(api.settings.secret)
            session.add_all(
                [
                    ApiKey(client_id=client.id, prefix=minted.prefix, digest=minted.digest),
                    Grant(client_id=client.id, role=role, org_id=org_id),
                ]
            )
        return api.with_key(minted.key)

    return caller
