"""${message}.

Revision ${up_revision}, ${'the first' if down_revision is None else f'after {down_revision}'}.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision: str = ${repr(up_revision)}
down_revision: str | None = ${repr(down_revision)}
branch_labels: str | None = ${repr(branch_labels)}
depends_on: str | None = ${repr(depends_on)}
# Where this takes away what older code uses: `serves_from = "<oldest revision that still works>"`.


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo `upgrade`, with the data that only it can hold."""
    ${downgrades if downgrades else "pass"}
