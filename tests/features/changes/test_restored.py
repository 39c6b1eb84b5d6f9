"""A cursor outlives a backup and a restore; one from after the backup is known to be lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr

from app import backup
from app.db import Database
from app.kit.language import Text
from app.settings import DatabaseSettings, Settings
from tests.features.changes.test_changes import follow, standing
from tests.support.client import SECRET, Api, opened
from tests.support.databases import Copies, apart
from tests.support.places import Place


class Quiet:
    """Shows nothing."""

    @contextmanager
    def progress(self, text: Text, total: int) -> Iterator[Callable[[int], None]]:
        """Begin a stage."""
        assert text.en
        assert total >= 0
        yield lambda _: None


def settings_of(url: str, folder: Path) -> Settings:
    return Settings(
        database_url=url,
        state_dir=folder,
        storage_url=str(folder / "files"),
        secret_key=SecretStr(SECRET),
    )


async def test_cursors_hold_after_a_restore(
    place: Place, database_url: str, database_copies: Copies, tmp_path: Path
) -> None:
    before = await standing(place.admin)
    await place.report(title="备份之前")
    changes, middle = await follow(place.admin, before)
    kept = tmp_path / "kept.tar"
    apart(backup.back_up, settings_of(database_url, tmp_path), kept, Quiet())
    await place.report(title="备份之后")
    lost = await standing(place.admin)

    other = settings_of(database_copies(), tmp_path / "other")
    apart(lambda: backup.restore(other, kept, Quiet(), replace=False))
    database = Database(DatabaseSettings(database_url=other.database_url))
    try:
        api: Api = await opened(database, str(other.database_url), place.admin.key)
        restored = Place(api)
        restored.__dict__ |= {**place.__dict__, "admin": api, "reporter": api}
        assert (await follow(api, before)) == (changes, middle)
        made = await restored.report(title="恢复之后")
        more, _ = await follow(api, middle)
        assert [c["id"] for c in more if c["resource"] == "report"] == [made["id"]]
        # As many events as the other history had, and more: it is another one all the same.
        await restored.report(title="恢复之后再报")
        await standing(api)
        gone = await api.get("/v1/changes", after=lost, expect=410)
        assert gone["code"] == "history_replaced"
    finally:
        await database.close()
