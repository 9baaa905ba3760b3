"""Alembic's entry: migrations run as the owner role, on the connection that `bando migrate` hands over."""

from alembic import context

from bando.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    transaction_per_migration=True,
    include_name=lambda name, kind, _parents: not (kind == "table" and str(name).endswith("_default")),
)
with context.begin_transaction():
    connection.exec_driver_sql("SET lock_timeout = '5s'")
    context.run_migrations()
