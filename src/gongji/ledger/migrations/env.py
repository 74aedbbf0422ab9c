"""Alembic environment: one connection, steps in plain SQL."""

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

dsn = context.config.attributes["dsn"]
engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=pool.NullPool)
with engine.connect() as connection:
    # Two servers that start at once must not both migrate.
    connection.exec_driver_sql("select pg_advisory_lock(26474)")
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
