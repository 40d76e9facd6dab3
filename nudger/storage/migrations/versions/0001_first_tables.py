"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
STATES = (
    "planned",
    "claimed",
    "sending",
    "unknown",
    "accepted",
    "delivered",
    "undelivered",
    "assumed_sent",
    "skipped",
    "cancelled",
    "expired",
    "failed",
)


def upgrade() -> None:
    _couples()
    _meta()
    _schedules()
    _enrollments()
    _partners()
    _contacts()
    _picks()
    _ledger()
    _messages()
    _attempts()
    _contents()
    _transitions()


def _couples() -> None:
    op.create_table(
        "couples",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.Column("life_state", sa.String(20), server_default="active", nullable=False),
        sa.Column("paused_until", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_couples"),
        sa.UniqueConstraint("key", name="uq_couples_key"),
    )


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )


def _schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.PrimaryKeyConstraint("id", name="pk_schedules"),
        sa.UniqueConstraint("key", name="uq_schedules_key"),
    )


def _enrollments() -> None:
    op.create_table(
        "enrollments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("schedule_id", KEY, nullable=False),
        sa.Column("couple_id", KEY, nullable=False),
        sa.Column("cursor", INSTANT),
        sa.ForeignKeyConstraint(["couple_id"], ["couples.id"], name="fk_enrollments_couple_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["schedules.id"], name="fk_enrollments_schedule_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrollments"),
        sa.UniqueConstraint("schedule_id", "couple_id", name="uq_enrollments_schedule_id_couple_id"),
    )
    op.create_index("ix_enrollments_couple_id", "enrollments", ["couple_id"])
    op.create_index("ix_enrollments_cursor", "enrollments", ["cursor"])


def _partners() -> None:
    op.create_table(
        "partners",
        sa.Column("id", KEY, nullable=False),
        sa.Column("couple_id", KEY, nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("intimacy", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("paused_until", INSTANT),
        sa.ForeignKeyConstraint(["couple_id"], ["couples.id"], name="fk_partners_couple_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_partners"),
        sa.UniqueConstraint("couple_id", "position", name="uq_partners_couple_id_position"),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("consent", sa.String(10), server_default="none", nullable=False),
        sa.Column("suppressed", sa.String(60)),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_contacts_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
        sa.UniqueConstraint("partner_id", "channel", "address", name="uq_contacts_partner_id_channel_address"),
    )
    op.create_index("ix_contacts_address", "contacts", ["address"])


def _picks() -> None:
    op.create_table(
        "picks",
        sa.Column("id", KEY, nullable=False),
        sa.Column("couple_id", KEY, nullable=False),
        sa.Column("enrollment_id", KEY, nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("partner_id", KEY),
        sa.Column("entry", sa.String(100), nullable=False),
        sa.Column("theme", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["couple_id"], ["couples.id"], name="fk_picks_couple_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_picks_enrollment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_picks_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_picks"),
    )
    op.create_index("ix_picks_couple_id_at", "picks", ["couple_id", "at"])
    op.create_index("ix_picks_occurrence", "picks", ["enrollment_id", "period", "slot"])


def _ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("contact_id", KEY),
        sa.Column("theme", sa.String(20)),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("how", sa.String(20), nullable=False),
        sa.Column("evidence", sa.Text()),
        sa.Column("shown", sa.Text()),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_ledger_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_ledger_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger"),
    )
    op.create_index("ix_ledger_contact_id", "ledger", ["contact_id"])
    op.create_index("ix_ledger_partner_id", "ledger", ["partner_id"])


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("enrollment_id", KEY, nullable=False),
        sa.Column("couple_id", KEY, nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("not_after", INSTANT, nullable=False),
        sa.Column("state", sa.String(20), server_default="planned", nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wake_at", INSTANT),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("resends", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deaths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("negatives", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contact_id", KEY),
        sa.Column("provider", sa.String(20)),
        sa.Column("provider_id", sa.String(100)),
        sa.Column("sent_at", INSTANT),
        sa.Column("caught_up", sa.Boolean(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN (" + ", ".join(f"'{state}'" for state in STATES) + ")", name=op.f("ck_messages_state")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name="fk_messages_contact_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["couple_id"], ["couples.id"], name="fk_messages_couple_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_messages_enrollment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name="fk_messages_partner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("enrollment_id", "partner_id", "period", "slot", name="uq_messages_occurrence"),
    )
    op.create_index("ix_messages_due_at", "messages", ["due_at"])
    op.create_index("ix_messages_lane", "messages", ["partner_id", "channel", "state"])
    op.create_index(
        "ix_messages_partner_id_sent_at",
        "messages",
        ["partner_id", "sent_at"],
        unique=False,
        sqlite_where=sa.text("sent_at IS NOT NULL"),
        postgresql_where=sa.text("sent_at IS NOT NULL"),
    )
    op.create_index("ix_messages_state_wake_at", "messages", ["state", "wake_at"])


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("result", sa.String(20)),
        sa.Column("code", sa.String(60)),
        sa.Column("provider_id", sa.String(100)),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_attempts_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("token", name="uq_attempts_token"),
    )
    op.create_index("ix_attempts_message_id", "attempts", ["message_id"])


def _contents() -> None:
    op.create_table(
        "contents",
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("theme", sa.String(20)),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text()),
        sa.Column("headers", sa.Text()),
        sa.Column("encoding", sa.String(10)),
        sa.Column("segments", sa.Integer()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_contents_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id", name="pk_contents"),
    )


def _transitions() -> None:
    op.create_table(
        "transitions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("from_state", sa.String(20), nullable=False),
        sa.Column("to_state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_transitions_message_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_transitions"),
    )
    op.create_index("ix_transitions_message_id", "transitions", ["message_id"])
