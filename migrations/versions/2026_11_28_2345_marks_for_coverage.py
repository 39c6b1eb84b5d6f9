"""Let every organization be counted again, for what is counted of all of them now.

Revision c51e08f7a2d4, after a84f6b20d9c1.
"""

import sqlalchemy as sa
from alembic import op

from app.schema.online import in_steps

revision: str = "c51e08f7a2d4"
down_revision: str | None = "a84f6b20d9c1"
branch_labels: str | None = None
depends_on: str | None = None

_PARTS = "0123456789abcdef"


def upgrade() -> None:
    """Mark every organization, in sixteen steps, each at most once."""
    context = op.get_context()
    if context.dialect.name != "postgresql":
        _mark("lower(hex(randomblob(16)))", "id", _PARTS)
        return
    with in_steps():
        for part in _PARTS:
            _mark("gen_random_uuid()", "id::text", part)


def downgrade() -> None:
    """Leave the marks: they do no harm."""


def _mark(new_id: str, written: str, last: str) -> None:
    ends = ", ".join(f"'{digit}'" for digit in last)
    # Fixed words of this file: nothing of it comes from outside.
    statement = (
        f"INSERT INTO uncounted (id, org_id) SELECT {new_id}, organizations.id "  # noqa: S608
        f"FROM organizations WHERE substr({written}, length({written}), 1) IN ({ends}) "
        "AND NOT EXISTS (SELECT 1 FROM uncounted WHERE uncounted.org_id = organizations.id)"
    )
    op.execute(sa.text(statement.replace("::", "\\:\\:")))
