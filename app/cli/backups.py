"""`dajiatan db backup` and `dajiatan db restore`."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app import backup, schema
from app.cli.configuration import require_secret, settings
from app.cli.schema import readable_failures
from app.cli.speech import LANGUAGE, refuse, tell
from app.demo import Display
from app.kit.problems import Unavailable

_OF_DISKS: Final = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}


def make(file: Path) -> None:
    """Write a backup; status 1 as well where the bytes of an attachment are not to be had."""
    current = settings()
    require_secret(current)
    with _said(file):
        schema.require(current.database_url)
        made = backup.back_up(current, file, Display(LANGUAGE))
    _tell(made.manifest, "备份完成：{file}", "Backup made: {file}", file)
    if made.lost:
        refuse(
            "备份已完成，但有 {n} 个附件的文件缺失或已改变：{ids}",
            "The backup was made, but the files of {n} attachment(s) are missing or altered: {ids}",
            n=len(made.lost),
            ids=", ".join(map(str, made.lost[:20])),
        )


def restore(file: Path, *, replace: bool) -> None:
    """Bring back what a backup holds."""
    current = settings()
    with _said(file):
        manifest = backup.restore(current, file, Display(LANGUAGE), replace=replace)
    _tell(manifest, "已恢复：{file}", "Restored: {file}", file)
    # What was not sealed yet when the backup was made is a fault until a worker has sealed it.
    tell(
        "请启动服务及后台任务，再执行 dajiatan db verify 核对。",
        "Now start the service and a worker, then run `dajiatan db verify`.",
    )


@contextmanager
def _said(file: Path) -> Iterator[None]:
    with readable_failures():
        try:
            yield
        except backup.NotDone as not_done:
            refuse(not_done.text.zh, not_done.text.en, **not_done.parameters)
        except Unavailable:
            refuse("附件存储无法访问。", "The store of the attachments cannot be reached.")
        except OSError as error:
            if error.filename is None and error.errno not in _OF_DISKS:
                raise  # the database's own
            where = error.filename or file
            refuse(
                "{where} 无法读写：{reason}。",
                "{where} cannot be read or written: {reason}.",
                where=where,
                reason=error.strerror,
            )


def _tell(manifest: backup.Manifest, zh: str, en: str, file: Path) -> None:
    tell(zh, en, file=file)
    tell(
        "版本 {release}，{made_at}；{rows} 行，{files} 个附件。",
        "Release {release}, {made_at}; {rows} rows, {files} attachment(s).",
        release=manifest.head.release,
        made_at=manifest.head.made_at,
        rows=sum(group.rows or 0 for group in manifest.groups.values()),
        files=manifest.groups["files"].parts if "files" in manifest.groups else 0,
    )
