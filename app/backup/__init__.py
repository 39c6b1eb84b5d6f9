"""Backups: everything that the service keeps, in one file, and back again.

The file is a tar archive: `head.json` (what it is), the database, the attachments, and
`manifest.json` with the counts and digests of all that, signed with the service's secret
(`docs/decisions/0075-backup-and-restore.md`).
"""

from app.backup.archive import Manifest
from app.backup.failures import NotDone
from app.backup.making import Made, back_up
from app.backup.restoring import restore

__all__ = ["Made", "Manifest", "NotDone", "back_up", "restore"]
