"""Opening a ledger, and asking it."""

import contextlib
import os
import pathlib

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from .models import SCHEMA_VERSION, Receipt, Schema


class LedgerError(Exception):
    """The ledger is of another version than these models."""


def default_url():
    """TORGO_DB_URI, or the file that torgo writes when nothing else is said."""
    given = os.environ.get("TORGO_DB_URI")
    if given:
        # torgo writes the path after "sqlite://" as it is; SQLAlchemy wants one slash more.
        if given.startswith("sqlite:///") and not given.startswith("sqlite:////"):
            return given.replace("sqlite:///", "sqlite:////", 1)
        return given
    state = os.environ.get("XDG_STATE_HOME", "")
    home = pathlib.Path(state) if state.startswith("/") else pathlib.Path.home() / ".local/state"
    return f"sqlite:///{home / 'torgo/receipts/ledger.sqlite'}"


@contextlib.contextmanager
def open_ledger(url=None):
    """A session that is closed at the end. Raises LedgerError for another version's schema."""
    engine = create_engine(url or default_url())
    try:
        with Session(engine) as session:
            version = session.scalar(select(func.max(Schema.version)))
            if version != SCHEMA_VERSION:
                raise LedgerError(f"the ledger is of version {version}, not {SCHEMA_VERSION}")
            yield session
    finally:
        engine.dispose()


def newest_first(session, command=None, author=None):
    """All receipts, perhaps only those of one command or author."""
    query = select(Receipt).order_by(Receipt.ended_at.desc(), Receipt.number.desc())
    if command is not None:
        query = query.where(Receipt.command == command)
    if author is not None:
        query = query.where(Receipt.author == author)
    return session.scalars(query)


def newest(session, command=None, author=None):
    """The newest of them, or None."""
    return newest_first(session, command, author).first()
