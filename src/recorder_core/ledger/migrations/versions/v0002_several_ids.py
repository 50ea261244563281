"""Recordings by which the vendor has several ids."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of further ids; recordings have had one each."""
    op.create_table(
        "recorder_further_ids",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("further_id", sa.Text, primary_key=True),
        sa.Column("native_id", sa.Text, nullable=False),
    )
