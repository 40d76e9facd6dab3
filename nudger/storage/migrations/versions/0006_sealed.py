"""Sealed: names, addresses and words are encrypted, and addresses found by a keyed hash.

The values themselves are sealed after this step, by whoever holds the keys: `unsealed` says that this is still to do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "data_keys",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("proof", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_data_keys"),
    )
    with op.batch_alter_table("contacts") as batch:
        batch.add_column(sa.Column("address_index", sa.String(64)))
        batch.drop_constraint("uq_contacts_partner_id_channel_address", type_="unique")
        batch.drop_index("ix_contacts_address")
        batch.create_unique_constraint(
            "uq_contacts_partner_id_channel_address_index", ["partner_id", "channel", "address_index"]
        )
        batch.create_index("ix_contacts_address_index", ["address_index"])
    op.execute("INSERT INTO data_keys (name, proof) SELECT 'unsealed', '' WHERE EXISTS (SELECT 1 FROM couples)")
