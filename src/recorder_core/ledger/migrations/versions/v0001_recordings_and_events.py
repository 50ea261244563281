"""The first ledger: recordings and events."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "recorder_recordings",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float(53), nullable=False),
        sa.Column("intent", sa.Text, nullable=False),
        sa.Column("native_id", sa.Text),
        sa.Column("recording", sa.Text),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("trouble", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("verdict", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("ends_by", sa.Text),
        sa.Column("stop_wished_at", sa.Float(53)),
        sa.Column("stop_leased_until", sa.Float(53)),
        sa.Column("stop_owner", sa.Text),
        sa.Column("ended_at", sa.Float(53)),
        sa.Column("closed_at", sa.Float(53)),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("leased_until", sa.Float(53)),
        sa.Column("owner", sa.Text),
        sa.Column("followed_until", sa.Float(53)),
        sa.Column("follower", sa.Text),
        sa.Column("followed_at", sa.Float(53)),
        sa.Column("told_at", sa.Float(53)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("provider", "account", "id", "attempt", name="uq_recorder_recordings_attempt"),
    )
    op.create_index(
        "ix_recorder_recordings_native_id", "recorder_recordings", ["provider", "account", "native_id"], unique=False
    )
    op.create_index(
        "ix_recorder_recordings_open",
        "recorder_recordings",
        ["provider", "account", "number"],
        postgresql_where=sa.text("is_open"),
        sqlite_where=sa.text("is_open = 1"),
    )
    op.create_index(
        "ix_recorder_recordings_untold",
        "recorder_recordings",
        ["provider", "account", "closed_at"],
        postgresql_where=sa.text("told_at IS NULL"),
        sqlite_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "recorder_workers",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("until", sa.Float(53), nullable=False),
    )
    op.create_table(
        "recorder_signatures",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("signature", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("heard_at", sa.Float(53), nullable=False),
    )
    op.create_table(
        "recorder_events",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("dedup_key", sa.Text, nullable=False),
        sa.Column("recording_id", sa.Text),
        sa.Column("heard_at", sa.Float(53), nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.UniqueConstraint("provider", "account", "dedup_key", name="uq_recorder_events_dedup_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recorder_events_number", "recorder_events", ["provider", "account", "number"], unique=False)
