"""HTTP of erasures."""

from fastapi import APIRouter, BackgroundTasks, Request

from app.access.principal import Power
from app.access.visibility import get_organization
from app.features.erasures.schemas import ErasureIn, ErasureOut
from app.features.erasures.service import persons
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep
from app.http.routing import ApiRoute
from app.kit.storage import Storage

router = APIRouter(tags=["erasures"], route_class=ApiRoute)


@router.post(
    "/v1/erasures",
    operation_id="erasePerson",
    summary="清除个人信息 Erase a person",
    dependencies=[allow(Power.SECURE)],
)
async def erase(
    body: ErasureIn,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    later: BackgroundTasks,
) -> ErasureOut:
    """Take a person out of every table of a unit's subtree, for good.

    Preview it first: texts are searched for the names as they are written, and whoever else is
    called so goes with them. What was done still counts, and the audit trail still verifies.
    """
    unit = await get_organization(session, caller, body.unit_id, Power.SECURE)
    answer, gone = await persons.erase(session, caller, unit.path, body)
    storage: Storage = request.app.state.storage
    for name in gone:
        # After the commit; what a crash leaves, the sweep takes.
        later.add_task(storage.delete, name)
    return answer
