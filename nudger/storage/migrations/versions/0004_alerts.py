"""What is wrong with the service as a whole, and what its operator was told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("told_at", INSTANT),
        sa.Column("gone_at", INSTANT),
        sa.PrimaryKeyConstraint("name", name="pk_alerts"),
    )
