"""The references over HTTP: a bare FastAPI service with SQLAlchemy, as its tutorial has it."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.db import Database
from app.kit import ids
from app.models import Activity
from app.settings import DatabaseSettings


class Base(DeclarativeBase):
    """A schema of one table."""


class Note(Base):
    """One row that holds the text of an activity."""

    __tablename__ = "bare_notes"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=ids.new_id)
    org_id: Mapped[UUID]
    kind: Mapped[str]
    title: Mapped[str]
    held_on: Mapped[date]
    place: Mapped[str]
    summary: Mapped[str]


class NoteIn(BaseModel):
    """What is sent."""

    org_id: UUID
    kind: str
    title: str
    held_on: date
    place: str
    summary: str


class NoteOut(NoteIn):
    """What is answered."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID


def create_app() -> FastAPI:
    """One endpoint that inserts, one that lists."""
    database = Database(DatabaseSettings(database_url=os.environ["DAJIATAN_DATABASE_URL"]))
    sessions = async_sessionmaker(database.engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await database.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/notes", status_code=201)
    async def create(body: NoteIn) -> NoteOut:
        async with sessions() as session, session.begin():
            note = Note(**body.model_dump())
            session.add(note)
            await session.flush()
        return NoteOut.model_validate(note)

    @app.get("/activities")
    async def activities() -> list[dict[str, Any]]:
        async with sessions() as session:
            rows = await _hundred(session)
        return [
            {column.key: getattr(row, column.key) for column in Activity.__table__.columns}
            for row in rows
        ]

    return app


async def _hundred(session: AsyncSession) -> list[Activity]:
    found = await session.scalars(select(Activity).order_by(Activity.id).limit(100))
    return list(found)
