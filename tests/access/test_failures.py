"""What a database refuses: only what the rows of others bring about is the caller's conflict."""

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.exc import IntegrityError

from app.http.failures import find_problem
from app.kit import ids
from app.kit.problems import Conflict
from app.models import Client, Organization
from tests.support import factories
from tests.support.client import Api


async def refused(api: Api, statement: object) -> IntegrityError:
    with pytest.raises(IntegrityError) as caught:
        async with api.database.writing() as session:
            await session.execute(statement)  # type: ignore[call-overload]  # one of several kinds
    return caught.value


async def test_uniqueness_and_references_are_conflicts(api: Api) -> None:
    root = await factories.root(api)
    unit = await factories.unit(api, root)
    twice = update(Organization).where(Organization.code == unit["code"]).values(code=root["code"])
    nowhere = insert(Client).values(id=ids.new_id(), org_id=ids.new_id(), name="网站", active=True)
    for statement in (twice, nowhere):
        assert isinstance(find_problem(await refused(api, statement)), Conflict)


async def test_other_violations_are_faults_of_the_service(api: Api) -> None:
    for statement in (
        "UPDATE organizations SET name = NULL",
        "UPDATE organizations SET type = 'nothing'",
    ):
        assert find_problem(await refused(api, text(statement))) is None
