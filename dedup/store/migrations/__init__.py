"""The steps that made today's tables: numbered SQL files, applied in order, never edited.

They are written for SQLite. PostgreSQL gets them with its own names of types (`postgres.py`).
A change of the tables is another file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dedup.errors import StoreError

__all__ = ["LOG", "Migration", "known_migrations", "missing_migrations"]

LOG = """CREATE TABLE IF NOT EXISTS migrations (
    number INTEGER NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    """A step from one form of the tables to the next.

    Args:
        number: Version of the tables after it, from 1 on.
        name: Its file without the ending.
        sql: Its statements.
    """

    number: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """SHA-256 of the statements, hexadecimal."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


@cache
def known_migrations() -> tuple[Migration, ...]:
    """All migrations, in order."""
    files = sorted(Path(__file__).parent.glob("[0-9]*.sql"))
    return tuple(
        Migration(int(f.stem.split("_")[0]), f.stem, f.read_text(encoding="utf-8")) for f in files
    )


def missing_migrations(where: str, applied: Sequence[int]) -> tuple[Migration, ...]:
    """Those that a store still needs, in order.

    Args:
        where: The store, for the message.
        applied: Numbers of the migrations that its log lists.

    Raises:
        StoreError: The store has the tables of a later release.
    """
    known = known_migrations()
    if applied and max(applied) > known[-1].number:
        raise StoreError(
            f"{where} was written by a newer release (tables of version {max(applied)}, this one "
            f"knows {known[-1].number}): update with `pip install -U story-dedup`"
        )
    return tuple(m for m in known if m.number not in applied)
