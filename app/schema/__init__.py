"""The schema's migrations: carry them out, compare them with the models, know where one stands.

The migrations are beside this package (`migrations/`); Alembic's own command line finds them
through `pyproject.toml`, the service through here.
"""

from app.schema.comparison import COMPARISON, METADATA, differences, hindrances
from app.schema.history import MIGRATIONS, head_revision, note_step, revisions
from app.schema.standing import Unsuitable, require_known
from app.schema.upgrading import (
    alembic_config,
    alone,
    check,
    is_newer,
    make_empty,
    make_folder,
    reach,
    require,
    run,
    upgrade,
)

__all__ = [
    "COMPARISON",
    "METADATA",
    "MIGRATIONS",
    "Unsuitable",
    "alembic_config",
    "alone",
    "check",
    "differences",
    "head_revision",
    "hindrances",
    "is_newer",
    "make_empty",
    "make_folder",
    "note_step",
    "reach",
    "require",
    "require_known",
    "revisions",
    "run",
    "upgrade",
]
