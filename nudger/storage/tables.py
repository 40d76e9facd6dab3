"""Every table, once, for SQLite and PostgreSQL alike."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from nudger.domain.messages import State
from nudger.storage.instants import Instant

#: Fixed names, so that migrations can drop what they made on both databases.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def primary_key() -> Column[int]:
    """An integer key: rowid on SQLite, bigint identity on PostgreSQL."""
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def reference(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    """A foreign key to another table's id; what belongs to a row goes with it."""
    kind = BigInteger().with_variant(Integer, "sqlite")
    return Column(name, kind, ForeignKey(f"{target}.id", ondelete="CASCADE"), nullable=nullable)


def _where(condition: str) -> dict[str, Any]:
    """Leave out of an index the rows it is never asked for."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


meta = Table(
    "meta",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

couples = Table(
    "couples",
    metadata,
    primary_key(),
    Column("key", String(100), nullable=False, unique=True),
    Column("spec", Text, nullable=False),  # the couple as written, as JSON; sealed
    Column("digest", String(64), nullable=False),  # of spec, keyed: unchanged couples are left alone
    # What the planner needs of spec, in clear, and nothing more: decoding a million specs would take half a minute.
    Column("calendar", Text, nullable=False),
    Column("life_state", String(20), nullable=False, server_default="active"),
    Column("paused_until", Instant),
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),  # no longer in the files
)

partners = Table(
    "partners",
    metadata,
    primary_key(),
    reference("couple_id", "couples"),
    Column("key", String(100), nullable=False),
    Column("position", Integer, nullable=False),  # 0 or 1, as written; negative: no longer in the files
    Column("intimacy", Boolean, nullable=False, server_default="0"),  # this partner's own yes, from the ledger
    Column("paused_until", Instant),
    Column("choices", Text, nullable=False, server_default="{}"),  # what this partner chose alone, as JSON
    Column("life_state", String(20), nullable=False, server_default="active"),  # their own, beside the couple's
    Column("left_at", Instant),  # left the couple: nothing more to them at all
    Column("erased_at", Instant),  # name and addresses are blanked, and stay so whatever the files say
    UniqueConstraint("couple_id", "position"),
)

contacts = Table(
    "contacts",
    metadata,
    primary_key(),
    reference("partner_id", "partners"),
    Column("channel", String(10), nullable=False),
    Column("address", Text, nullable=False),  # sealed
    Column("address_index", String(64)),  # what it is looked up by: keyed, and the same for the same address
    Column("consent", String(10), nullable=False, server_default="none"),  # none | granted | withdrawn, from the ledger
    Column("suppressed", String(60)),  # why the provider will not take messages to it
    Column("created_at", Instant, nullable=False),
    Column("retired_at", Instant),  # no longer in the files; its consent is kept
    UniqueConstraint("partner_id", "channel", "address_index"),
    Index("ix_contacts_address_index", "address_index"),  # a reply names only the address it came from
)

ledger = Table(
    "ledger",
    metadata,
    primary_key(),
    reference("partner_id", "partners"),
    reference("contact_id", "contacts", nullable=True),
    Column("theme", String(20)),  # set where the event is about a theme, not a contact
    Column("event", String(20), nullable=False),  # granted | withdrawn | suppressed | released
    Column("how", String(20), nullable=False),  # demo | evidence | reply | page | provider
    Column("evidence", Text),  # sealed
    Column("shown", Text),  # the exact words the person said yes to; sealed
    Column("at", Instant, nullable=False),
    Index("ix_ledger_partner_id", "partner_id"),
    Index("ix_ledger_contact_id", "contact_id"),
)

schedules = Table(
    "schedules",
    metadata,
    primary_key(),
    Column("key", String(100), nullable=False, unique=True),
    Column("spec", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("retired_at", Instant),
)

enrollments = Table(
    "enrollments",
    metadata,
    primary_key(),
    reference("schedule_id", "schedules"),
    reference("couple_id", "couples"),
    # Planned up to here, and not in need of a look before the horizon passes it; NULL when not planned at all.
    Column("cursor", Instant, index=True),
    UniqueConstraint("schedule_id", "couple_id"),
    Index("ix_enrollments_couple_id", "couple_id"),
)

messages = Table(
    "messages",
    metadata,
    primary_key(),
    reference("enrollment_id", "enrollments"),
    reference("couple_id", "couples"),
    reference("partner_id", "partners"),
    Column("channel", String(10), nullable=False),
    # The occurrence: the local date its slot is counted from (the day itself, or the first day of a random period).
    Column("period", Date, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("not_after", Instant, nullable=False),
    Column("state", String(20), nullable=False, server_default="planned"),
    Column("reason", String(40)),  # of the last change
    Column("fence", Integer, nullable=False, server_default="0"),  # grows with every claim
    # When someone must look at this row again: due or back-off, end of a lease, next question; NULL when ended.
    Column("wake_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),  # definite refusals
    Column("resends", Integer, nullable=False, server_default="0"),  # returns from unknown to planned
    Column("deaths", Integer, nullable=False, server_default="0"),  # leases that ran out in a worker's hands
    Column("negatives", Integer, nullable=False, server_default="0"),  # look-ups in a row that found nothing
    reference("contact_id", "contacts", nullable=True),
    Column("provider", String(20)),
    Column("provider_id", String(100)),
    Column("sent_at", Instant),  # when `sending` was last committed: what budgets count
    Column("caught_up", Boolean, nullable=False, server_default="0"),  # sent well after its moment, after an outage
    UniqueConstraint("enrollment_id", "partner_id", "period", "slot", name="uq_messages_occurrence"),
    # Not IN: SQLite would make a table of the list for every row written.
    CheckConstraint(" OR ".join(f"state = '{state}'" for state in State), name="state"),
    Index("ix_messages_turn", "state", "wake_at", "due_at", "enrollment_id"),  # as claims are ordered
    Index("ix_messages_partner_id_sent_at", "partner_id", "sent_at", **_where("sent_at IS NOT NULL")),
    Index("ix_messages_lane", "partner_id", "channel", "state"),  # at most one in flight per contact
    Index("ix_messages_due_at", "due_at"),
)

contents = Table(
    "contents",
    metadata,
    Column("message_id", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("theme", String(20)),
    Column("entries", Text, nullable=False),  # JSON list of entry ids
    Column("subject", Text),  # sealed, as are the next three and the note
    Column("text", Text, nullable=False),
    Column("html", Text),
    Column("headers", Text),  # JSON object
    Column("encoding", String(10)),
    Column("segments", Integer),
    Column("why", Text, nullable=False),  # JSON object: how the entry was picked
    Column("note", Text),  # discreet mode: the words themselves, for the page alone; the fields above are what was sent
)

picks = Table(
    "picks",
    metadata,
    primary_key(),
    reference("couple_id", "couples"),
    reference("enrollment_id", "enrollments"),
    Column("period", Date, nullable=False),
    Column("slot", Integer, nullable=False),
    # The partner for whom it was picked; NULL where both partners receive the same.
    reference("partner_id", "partners", nullable=True),
    Column("entry", String(100), nullable=False),
    Column("theme", String(20), nullable=False),
    Column("kind", String(10), nullable=False),  # idea | prompt
    Column("why", Text, nullable=False),
    Column("at", Instant, nullable=False),
    # Picked in place of another because of what this partner chose alone: it counts for nobody else.
    Column("own", Boolean, nullable=False, server_default="0"),
    Index("ix_picks_couple_id_at", "couple_id", "at"),
    # The few that are one partner's own, so that looking for them goes through nobody's year.
    Index("ix_picks_own", "couple_id", sqlite_where=text("own IS 1"), postgresql_where=text("own IS true")),
    Index("ix_picks_occurrence", "enrollment_id", "period", "slot"),
)

attempts = Table(
    "attempts",
    metadata,
    primary_key(),
    reference("message_id", "messages"),
    Column("token", String(64), nullable=False, unique=True),  # the only name a provider learns
    Column("fence", Integer, nullable=False),
    Column("provider", String(20), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("result", String(20)),  # accepted | refused | unclear | not_begun
    Column("code", String(60)),
    Column("provider_id", String(100)),
    Index("ix_attempts_message_id", "message_id"),
    Index("ix_attempts_provider_id", "provider_id"),  # a receipt may name nothing else
)

transitions = Table(
    "transitions",
    metadata,
    primary_key(),
    reference("message_id", "messages"),
    Column("from_state", String(20), nullable=False),
    Column("to_state", String(20), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_transitions_message_id", "message_id"),
)

links = Table(
    "links",
    metadata,
    primary_key(),
    Column("token_hash", String(64), nullable=False, unique=True),  # the token itself is never kept
    Column("purpose", String(20), nullable=False),  # invitation | preferences | note
    reference("partner_id", "partners"),
    reference("contact_id", "contacts", nullable=True),
    reference("message_id", "messages", nullable=True),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("revoked_at", Instant),
    Index("ix_links_partner_id", "partner_id"),
    Index("ix_links_contact_id", "contact_id"),
    Index("ix_links_message_id", "message_id"),
    Index("ix_links_expires_at", "expires_at"),  # for forgetting, as are the next two on a moment alone
)

notices = Table(
    "notices",
    metadata,
    primary_key(),
    reference("contact_id", "contacts"),
    Column("kind", String(30), nullable=False),  # invitation, reminder, help, stopped, started, confirm, ...
    Column("state", String(20), nullable=False, server_default="planned"),  # planned | sent | failed | dropped
    Column("due_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("subject", Text),  # sealed
    Column("text", Text, nullable=False),  # sealed
    Column("provider", String(20)),
    Column("provider_id", String(100)),
    Column("token", String(64), unique=True),  # the only name a provider learns
    Index("ix_notices_state_due_at", "state", "due_at"),
    Index("ix_notices_contact_id", "contact_id"),
    Index("ix_notices_provider_id", "provider_id"),
)

invitations = Table(
    "invitations",
    metadata,
    primary_key(),
    reference("contact_id", "contacts"),
    Column("sent_at", Instant),
    Column("reminded_at", Instant),
    Column("expires_at", Instant),
    Column("declined_at", Instant),  # "never contact me"
    Column("quiet_until", Instant),
    UniqueConstraint("contact_id"),
    Index("ix_invitations_sent_at", "sent_at"),
)

inbound = Table(
    "inbound",
    metadata,
    primary_key(),
    Column("provider", String(20), nullable=False),
    Column("provider_id", String(100), nullable=False),
    reference("contact_id", "contacts", nullable=True),
    Column("command", String(20), nullable=False),  # what it was understood as; never the text
    Column("at", Instant, nullable=False),
    UniqueConstraint("provider", "provider_id"),
    Index("ix_inbound_contact_id", "contact_id"),
    Index("ix_inbound_at", "at"),
)

provider_events = Table(
    "provider_events",
    metadata,
    primary_key(),
    Column("provider", String(20), nullable=False),
    Column("event_id", String(120), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("provider", "event_id"),
    Index("ix_provider_events_at", "at"),
)

feedback = Table(
    "feedback",
    metadata,
    primary_key(),
    reference("partner_id", "partners"),
    reference("message_id", "messages", nullable=True),
    Column("entry", String(100), nullable=False),
    Column("verdict", String(10), nullable=False),  # done | love | skip
    Column("at", Instant, nullable=False),
    Index("ix_feedback_partner_id", "partner_id"),
    Index("ix_feedback_message_id", "message_id"),
)

pending = Table(
    "pending",
    metadata,
    Column("partner_id", ForeignKey("partners.id", ondelete="CASCADE"), primary_key=True),
    Column("command", String(20), nullable=False),  # a life state that waits for its confirmation
    Column("expires_at", Instant, nullable=False),
)

# Addresses of people who asked to be erased, as keyed hashes: the files cannot bring them back.
erased = Table(
    "erased",
    metadata,
    Column("address_hash", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
)

# What is left of each sender's limit: drawn by every worker in the transaction that claims.
buckets = Table(
    "buckets",
    metadata,
    Column("name", String(200), primary_key=True),  # channel, provider and sender
    Column("tokens", Double, nullable=False),
    Column("at", Instant, nullable=False),
)

# When each tick was last given out, so that any number of schedulers give it out once.
ticks = Table(
    "ticks",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("at", Instant, nullable=False),
)

# What is wrong with the service as a whole, and when the operator last heard of it.
alerts = Table(
    "alerts",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("detail", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant),
    Column("gone_at", Instant),  # seems to be over since then; forgotten once the operator has been told so
)

# The keys that sealed values may be in need of, by name, with what tells them from others; never a key itself.
data_keys = Table(
    "data_keys",
    metadata,
    Column("name", String(16), primary_key=True),  # a data key's name, `index`, or `unsealed` while rows are in clear
    Column("proof", String(64), nullable=False),
)
