"""Claiming: who is next is read off an index, and what one partner chose alone too, however much there is."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_messages_state_wake_at", "messages")
    op.create_index("ix_messages_turn", "messages", ["state", "wake_at", "due_at", "enrollment_id"])
    op.create_index(
        "ix_picks_own",
        "picks",
        ["couple_id"],
        sqlite_where=sa.text("own IS 1"),
        postgresql_where=sa.text("own IS true"),
    )
