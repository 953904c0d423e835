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


def shown_location(location: str | Path) -> str:
    """A location as it may be shown: without the password and the options of an address.

    >>> shown_location("postgresql://news:secret@db.example/news?sslmode=require")
    'postgresql://news@db.example/news'
    """
    if not is_server(location):
        return str(location)
    scheme, _, rest = str(location).partition("://")
    user, at, place = rest.partition("?")[0].rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{place}"
