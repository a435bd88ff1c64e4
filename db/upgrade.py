"""Bring the schema to the version of this code, and tell whether it is there already (Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaError(RuntimeError):
    """The database's schema is not the one this code was written for."""

    def __init__(self, found: str | None, needed: str) -> None:
        state = "is empty" if found is None else f"is at revision {found}"
        super().__init__(f"the database {state}, this version needs {needed}: run `jikai upgrade`")
        self.found = found
        self.needed = needed


class UnknownSchemaError(SchemaError):
    """The database was made by a newer version, which this code cannot bring it back from."""

    def __str__(self) -> str:
        return (
            f"the database is at revision {self.found}, which this version does not know (it needs "
            f"{self.needed}): a newer Jikai made it, so install that version"
        )


def upgrade(engine: Engine) -> None:
    """Run every migration that the database has not seen, in one transaction.

    Raises `UnknownSchemaError` where a newer version made the database.
    """
    config = _config()
    _require_known(found_revision(engine))
    with engine.execution_options(writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_revision() -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError(f"no migration in {MIGRATIONS}")
    return head


def found_revision(engine: Engine) -> str | None:
    """The revision the database is at, or None where no migration has run."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_newest(engine: Engine) -> None:
    """Raise `SchemaError` unless the database is at exactly the revision this code needs."""
    found, needed = found_revision(engine), newest_revision()
    _require_known(found)
    if found != needed:
        raise SchemaError(found, needed)


def _require_known(found: str | None) -> None:
    scripts = ScriptDirectory.from_config(_config())
    if found and found not in {script.revision for script in scripts.walk_revisions()}:
        raise UnknownSchemaError(found, newest_revision())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config
