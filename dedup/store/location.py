"""Addresses of stores: a folder with a SQLite file, or a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path

FILE = "store.sqlite"
"""The database in the folder of an index."""

_SCHEMES = ("postgresql://", "postgres://")


def is_server(location: str | Path) -> bool:
    """Whether a location is the address of a database server, not a folder."""
    return str(location).startswith(_SCHEMES)


def may_hold_index(location: str | Path) -> bool:
    """Whether a folder holds an index; true for a server, which is not contacted."""
    return is_server(location) or Path(location, FILE).is_file()
