"""What Alembic runs: the migrations, on the connection that it is given, in the transaction that is open on it."""

from alembic import context

from recorder_core.ledger.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSION_TABLE
)
context.run_migrations()
