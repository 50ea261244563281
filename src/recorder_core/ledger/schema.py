"""The tables of the ledger. Whoever changes them adds a migration and raises `SCHEMA`.

Moments are seconds since 1970-01-01 UTC by the recorder's clock. JSON is text: it is read and written whole.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, UniqueConstraint

__all__ = ["EVENTS", "FURTHER_IDS", "METADATA", "RECORDINGS", "SCHEMA", "SIGNATURES", "VERSION_TABLE", "WORKERS"]

SCHEMA: Final = "0002"
"""The schema that this release writes: the newest of `migrations/versions`. Numbers only go up."""
VERSION_TABLE: Final = "recorder_schema"
"""Not Alembic's own name, which the application whose database it is may use itself."""

METADATA: Final = MetaData()
# SQLite counts rows by itself only in a column of this very type.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")

RECORDINGS: Final = Table(
    "recorder_recordings",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),  # empty: there is none
    Column("id", Text, nullable=False),
    Column("attempt", Integer, nullable=False),  # 1 for the first start with this id
    Column("room", Text, nullable=False),
    Column("created_at", Float(53), nullable=False),
    Column("intent", Text, nullable=False),
    Column("native_id", Text),  # by which the vendor tells it from all others
    Column("recording", Text),
    Column("revision", Integer, nullable=False),
    Column("state", Text),
    Column("status", Text),
    Column("trouble", Text),  # what went wrong last
    Column("outcome", Text),
    Column("verdict", Text),
    Column("reason", Text),
    Column("ends_by", Text),
    Column("stop_wished_at", Float(53)),
    Column("stop_leased_until", Float(53)),  # until then somebody stops it
    Column("stop_owner", Text),
    Column("ended_at", Float(53)),
    Column("closed_at", Float(53)),  # when its end was written down
    Column("is_open", Boolean, nullable=False),  # whether anything is left to find out
    Column("leased_until", Float(53)),
    Column("owner", Text),  # of the lease
    Column("followed_until", Float(53)),  # until then a worker tells what becomes of it
    Column("follower", Text),
    Column("followed_at", Float(53)),  # when a worker had told what was seen until then
    Column("told_at", Float(53)),  # when a worker had told the end
    Column("version", Integer, nullable=False),  # how often what was seen has been written
    UniqueConstraint("provider", "account", "id", "attempt", name="uq_recorder_recordings_attempt"),
)
Index("ix_recorder_recordings_native_id", RECORDINGS.c.provider, RECORDINGS.c.account, RECORDINGS.c.native_id)
Index(
    "ix_recorder_recordings_open",
    RECORDINGS.c.provider,
    RECORDINGS.c.account,
    RECORDINGS.c.number,
    postgresql_where=RECORDINGS.c.is_open,
    sqlite_where=RECORDINGS.c.is_open,
)

Index(
    "ix_recorder_recordings_untold",
    RECORDINGS.c.provider,
    RECORDINGS.c.account,
    RECORDINGS.c.closed_at,
    postgresql_where=RECORDINGS.c.told_at.is_(None),
    sqlite_where=RECORDINGS.c.told_at.is_(None),
)

FURTHER_IDS: Final = Table(
    "recorder_further_ids",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("further_id", Text, primary_key=True),  # by which the vendor has it too
    Column("native_id", Text, nullable=False),  # by which it is written down
)

WORKERS: Final = Table(
    "recorder_workers",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("until", Float(53), nullable=False),  # then it is taken for dead
)

SIGNATURES: Final = Table(
    "recorder_signatures",
    METADATA,
    Column("provider", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("signature", Text, primary_key=True),  # of a callback, where it doesn't cover the body
    Column("body", Text, nullable=False),  # the digest of the one that came with it first
    Column("heard_at", Float(53), nullable=False),
)

EVENTS: Final = Table(
    "recorder_events",
    METADATA,
    Column("number", _NUMBER, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("dedup_key", Text, nullable=False),
    Column("recording_id", Text),
    Column("heard_at", Float(53), nullable=False),
    Column("owner", Text, nullable=False),  # who heard it
    Column("event", Text, nullable=False),
    UniqueConstraint("provider", "account", "dedup_key", name="uq_recorder_events_dedup_key"),
    sqlite_autoincrement=True,  # a number is never used again, not even that of a row that was deleted
)
# Without it SQLite reads and sorts all of an account to find its newest.
Index("ix_recorder_events_number", EVENTS.c.provider, EVENTS.c.account, EVENTS.c.number)
