"""The schema's migrations: carry them out, compare them with the models, know where one stands.

The migrations are beside this package (`migrations/`); Alembic's own command line finds them
through `pyproject.toml`, the service through here.
"""

from app.schema.comparison import COMPARISON, METADATA, differences, hindrances
from app.schema.history import MIGRATIONS, note_step
from app.schema.standing import Unsuitable
from app.schema.upgrading import alembic_config, check, is_newer, require, run, upgrade

__all__ = [
    "COMPARISON",
    "METADATA",
    "MIGRATIONS",
    "Unsuitable",
    "alembic_config",
    "check",
    "differences",
    "hindrances",
    "is_newer",
    "note_step",
    "require",
    "run",
    "upgrade",
]
