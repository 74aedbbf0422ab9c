"""The first schema."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the step's SQL."""
    step = Path(__file__).parent.parent / "0001_initial.sql"
    # Straight to the driver: SQLAlchemy would read a percent sign as a placeholder.
    driver = op.get_bind().connection.driver_connection
    if driver is None:
        raise RuntimeError("migrations need a live connection")
    driver.execute(step.read_text("utf-8"))
