"""HTTP of clients and their keys."""

from uuid import UUID

from fastapi import APIRouter, Response, status

from app.access.principal import Power
from app.access.visibility import get_organization
from app.db.conditions import equals
from app.features.accounts import queries
from app.features.accounts.schemas import (
    ClientFields,
    ClientIn,
    ClientOut,
    ClientPatch,
    KeyIn,
    KeyOut,
    NewKeyOut,
    Rotation,
)
from app.features.accounts.service import clients as service
from app.http.authorization import allow
from app.http.dependencies import CallerDep, SessionDep, SettingsDep
from app.http.paging import ListingDep, Page, Sorts
from app.http.preconditions import PreconditionDep, tag
from app.http.routing import ApiRoute
from app.kit.fields import Line
from app.kit.merge_patch import apply_patch
from app.models import ApiKey, Client

router = APIRouter(tags=["clients"], route_class=ApiRoute)

_SORTS = Sorts(
    {"name": Client.name, "created_at": Client.created_at, "updated_at": Client.updated_at},
    id=Client.id,
    default="created_at",
)
_KEY_SORTS = Sorts({"created_at": ApiKey.created_at}, id=ApiKey.id, default="created_at")


@router.get(
    "/v1/clients",
    operation_id="listClients",
    summary="接入系统列表 List clients",
    dependencies=[allow(Power.SECURE)],
)
async def list_clients(
    listing: ListingDep,
    session: SessionDep,
    caller: CallerDep,
    name: Line | None = None,
    active: bool | None = None,  # noqa: FBT001 - a query parameter
    under: UUID | None = None,
) -> Page[ClientOut]:
    """List the calling systems of the units whose security is the caller's to keep."""
    place = None
    if under is not None:
        place = (await get_organization(session, caller, under, Power.SECURE)).path
    asked = {Client.name: name, Client.active: active}
    conditions = [c for column, given in asked.items() for c in equals(column, given)]
    statement = queries.list_clients(caller, *conditions, under=place)
    found = await listing.find(session, statement, _SORTS)
    return found.page(map(ClientOut.model_validate, found.rows))


@router.post(
    "/v1/clients",
    operation_id="createClient",
    summary="新建接入系统 Make a client",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.SECURE)],
)
async def create(
    body: ClientIn, response: Response, session: SessionDep, caller: CallerDep
) -> ClientOut:
    """Make a calling system. It can do nothing without a grant, nor call before it has a key."""
    made = await service.create(session, caller, body)
    response.headers["Location"] = f"/v1/clients/{made.id}"
    return tag(response, made)


@router.get(
    "/v1/clients/{client_id}",
    operation_id="getClient",
    summary="读取接入系统 Read a client",
    dependencies=[allow(Power.SECURE)],
)
async def read(
    client_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> ClientOut:
    """Read one calling system."""
    client = await queries.get_client(session, caller, client_id)
    return tag(response, ClientOut.model_validate(client))


@router.patch(
    "/v1/clients/{client_id}",
    operation_id="updateClient",
    summary="修改或停用接入系统 Change or stop a client",
    dependencies=[allow(Power.SECURE)],
)
async def update(
    client_id: UUID,
    body: ClientPatch,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> ClientOut:
    """Rename, describe, stop (`active: false`) or start a client (JSON merge patch)."""
    client = await queries.get_client(session, caller, client_id, lock=True)
    precondition.require(client.revision)
    current = {"name": client.name, "description": client.description, "active": client.active}
    fields = apply_patch(ClientFields, current, body)
    return tag(response, await service.change(session, caller, client, fields))


@router.get(
    "/v1/clients/{client_id}/keys",
    operation_id="listKeys",
    summary="密钥列表 List keys",
    dependencies=[allow(Power.SECURE)],
)
async def list_keys(
    client_id: UUID, listing: ListingDep, session: SessionDep, caller: CallerDep
) -> Page[KeyOut]:
    """List a client's keys, the revoked ones too; never their secrets."""
    client = await queries.get_client(session, caller, client_id)
    found = await listing.find(session, queries.list_keys(client.id), _KEY_SORTS)
    return found.page(map(KeyOut.model_validate, found.rows))


@router.post(
    "/v1/clients/{client_id}/keys",
    operation_id="createKey",
    summary="签发密钥 Make a key",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.SECURE)],
)
async def create_key(
    client_id: UUID,
    body: KeyIn,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
) -> NewKeyOut:
    """Make a key, shown this once. Who makes it must be able to do all that the client can."""
    client = await queries.get_client(session, caller, client_id, lock=True)
    made = await service.add_key(session, caller, client, body, settings.secret)
    response.headers["Location"] = f"/v1/clients/{client_id}/keys/{made.id}"
    return tag(response, made)


@router.get(
    "/v1/clients/{client_id}/keys/{key_id}",
    operation_id="getKey",
    summary="读取密钥信息 Read about a key",
    dependencies=[allow(Power.SECURE)],
)
async def read_key(
    client_id: UUID, key_id: UUID, response: Response, session: SessionDep, caller: CallerDep
) -> KeyOut:
    """Read all about a key but its secret."""
    client = await queries.get_client(session, caller, client_id)
    return tag(response, KeyOut.model_validate(await queries.get_key(session, client.id, key_id)))


@router.post(
    "/v1/clients/{client_id}/keys/{key_id}/rotation",
    operation_id="rotateKey",
    summary="轮换密钥 Rotate a key",
    status_code=status.HTTP_201_CREATED,
    dependencies=[allow(Power.SECURE)],
)
async def rotate_key(  # noqa: PLR0913 - one parameter for each part of the request
    client_id: UUID,
    key_id: UUID,
    body: Rotation,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    precondition: PreconditionDep,
) -> NewKeyOut:
    """Make a new key, shown this once; the old one works on for the overlap."""
    client = await queries.get_client(session, caller, client_id, lock=True)
    key = await queries.get_key(session, client.id, key_id, lock=True)
    precondition.require(key.revision)
    made = await service.rotate(session, caller, client, key, body, settings.secret)
    response.headers["Location"] = f"/v1/clients/{client_id}/keys/{made.id}"
    return tag(response, made)


@router.post(
    "/v1/clients/{client_id}/keys/{key_id}/revocation",
    operation_id="revokeKey",
    summary="撤销密钥 Revoke a key",
    dependencies=[allow(Power.SECURE)],
)
async def revoke_key(
    client_id: UUID,
    key_id: UUID,
    response: Response,
    session: SessionDep,
    caller: CallerDep,
    precondition: PreconditionDep,
) -> KeyOut:
    """Take a key back: it and its tokens are refused from the next request on."""
    client = await queries.get_client(session, caller, client_id, lock=True)
    key = await queries.get_key(session, client.id, key_id, lock=True)
    precondition.require(key.revision)
    return tag(response, await service.revoke(session, caller, client, key))
