"""Forgetting: what is kept for a while is found by its moment, and not by reading through all of it."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_links_expires_at", "links", ["expires_at"])
    op.create_index("ix_inbound_at", "inbound", ["at"])
    op.create_index("ix_provider_events_at", "provider_events", ["at"])
