"""Alembic's environment: run from code with an open connection, never from a shell."""

from alembic import context

from data.store.tables import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
