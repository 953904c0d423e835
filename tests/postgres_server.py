"""A real PostgreSQL server of the tests' own, on a socket in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.indexes import PATIENCE


def server_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, or None where the server is not installed."""
    pg_ctl = shutil.which("pg_ctl")
    if pg_ctl and Path(pg_ctl).with_name("initdb").exists():
        return Path(pg_ctl).parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")
    newest = max(debian, key=lambda path: int(path.parts[-3]), default=None)
    return newest and newest.parent


@contextmanager
def postgres_server(programs: Path) -> Iterator[str]:
    """Its address, while it runs."""
    # Not pytest's folder, which another user cannot enter; and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="dedup-pg-"))
    user = None
    if os.geteuid() == 0:
        # The server refuses to run as root.
        user = "postgres"
        shutil.chown(folder, user)

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [programs / program, "-D", folder / "data", *arguments],
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert done.returncode == 0, done.stderr.decode()

    try:
        call("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql:///postgres?host={quote(str(folder), safe='')}&user=tester"
        finally:
            call("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)
