"""Partners in control: own choices, links, service messages, invitations, replies, receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    _columns()
    _links()
    _notices()
    _invitations()
    _inbound()
    _provider_events()
    _feedback()
    _pending()
    _erased()


def _columns() -> None:
    op.add_column("partners", sa.Column("choices", sa.Text(), server_default="{}", nullable=False))
    op.add_column("partners", sa.Column("life_state", sa.String(20), server_default="active", nullable=False))
    op.add_column("partners", sa.Column("left_at", INSTANT))
    op.add_column("partners", sa.Column("erased_at", INSTANT))
    op.add_column("contents", sa.Column("note", sa.Text()))
    op.add_column("picks", sa.Column("own", sa.Boolean(), server_default="0", nullable=False))
    op.create_index("ix_attempts_provider_id", "attempts", ["provider_id"])


def _belongs_to(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("contact_id", KEY),
        sa.Column("message_id", KEY),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        _belongs_to("links", "partner_id", "partners"),
        _belongs_to("links", "contact_id", "contacts"),
        _belongs_to("links", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("token_hash", name="uq_links_token_hash"),
    )
    op.create_index("ix_links_partner_id", "links", ["partner_id"])
    op.create_index("ix_links_contact_id", "links", ["contact_id"])
    op.create_index("ix_links_message_id", "links", ["message_id"])


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("state", sa.String(20), server_default="planned", nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("subject", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("provider", sa.String(20)),
        sa.Column("provider_id", sa.String(100)),
        sa.Column("token", sa.String(64)),
        _belongs_to("notices", "contact_id", "contacts"),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("token", name="uq_notices_token"),
    )
    op.create_index("ix_notices_state_due_at", "notices", ["state", "due_at"])
    op.create_index("ix_notices_contact_id", "notices", ["contact_id"])
    op.create_index("ix_notices_provider_id", "notices", ["provider_id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("sent_at", INSTANT),
        sa.Column("reminded_at", INSTANT),
        sa.Column("expires_at", INSTANT),
        sa.Column("declined_at", INSTANT),
        sa.Column("quiet_until", INSTANT),
        _belongs_to("invitations", "contact_id", "contacts"),
        sa.PrimaryKeyConstraint("id", name="pk_invitations"),
        sa.UniqueConstraint("contact_id", name="uq_invitations_contact_id"),
    )
    op.create_index("ix_invitations_sent_at", "invitations", ["sent_at"])


def _inbound() -> None:
    op.create_table(
        "inbound",
        sa.Column("id", KEY, nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("provider_id", sa.String(100), nullable=False),
        sa.Column("contact_id", KEY),
        sa.Column("command", sa.String(20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _belongs_to("inbound", "contact_id", "contacts"),
        sa.PrimaryKeyConstraint("id", name="pk_inbound"),
        sa.UniqueConstraint("provider", "provider_id", name="uq_inbound_provider_provider_id"),
    )
    op.create_index("ix_inbound_contact_id", "inbound", ["contact_id"])


def _provider_events() -> None:
    op.create_table(
        "provider_events",
        sa.Column("id", KEY, nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("event_id", sa.String(120), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_events"),
        sa.UniqueConstraint("provider", "event_id", name="uq_provider_events_provider_event_id"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("message_id", KEY),
        sa.Column("entry", sa.String(100), nullable=False),
        sa.Column("verdict", sa.String(10), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        _belongs_to("feedback", "partner_id", "partners"),
        _belongs_to("feedback", "message_id", "messages"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_partner_id", "feedback", ["partner_id"])
    op.create_index("ix_feedback_message_id", "feedback", ["message_id"])


def _pending() -> None:
    op.create_table(
        "pending",
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("command", sa.String(20), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        _belongs_to("pending", "partner_id", "partners"),
        sa.PrimaryKeyConstraint("partner_id", name="pk_pending"),
    )


def _erased() -> None:
    op.create_table(
        "erased",
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("address_hash", name="pk_erased"),
    )
