"""Settings and helpers that the tests share."""

from __future__ import annotations

import itertools
import random
import re
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from dedup import cli
from dedup.index.story_index import StoryIndex
from dedup.records import Article
from tests import on_spark
from tests.postgres_server import postgres_server, server_programs
from tests.requirements import require, require_program, summary

# How long an example takes to make says how busy the machine is.
settings.register_profile(
    "dedup",
    deadline=None,
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dedup")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # What a shell starts in the background ignores Ctrl-C, and so would the programs under test.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_PLACES = itertools.count()
SEEDS = Path(__file__).parent.parent / "seeds" / "articles.jsonl"


@pytest.fixture(scope="session", autouse=True)
def caches_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Columns of indexes in a database are not those of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("caches")))
        yield


@pytest.fixture(scope="session")
def seeds_path() -> Path:
    """The demonstration corpus."""
    return SEEDS


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Address of a PostgreSQL server; the tests that need one are left out where there is none."""
    require("psycopg")
    programs = server_programs()
    require_program("the PostgreSQL server", "postgresql", programs is not None)
    assert programs is not None
    with postgres_server(programs) as address:
        yield address


@pytest.fixture(scope="session")
def java() -> Iterator[None]:
    """What Spark needs; the tests that need it are left out where it is missing."""
    on_spark.require_spark()
    yield
    on_spark.stop()


@pytest.fixture
def spark(java: None) -> Any:
    """A session of Spark, the same one for all tests that do not stop it."""
    return on_spark.opened()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of Spark are the first, since they take longest."""
    items.sort(key=lambda item: item.get_closest_marker("spark") is None)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Several processes share the tests: each takes a file at a time, and one all of Spark.

    Java is slow to start, and starts once in a process.
    """
    from xdist.scheduler import LoadScopeScheduling

    scheduler: Any = LoadScopeScheduling(config, log)
    scheduler._split_scope = _share
    return scheduler


def _share(nodeid: str) -> str:
    """The name of what one process takes as a whole, of which a test is a part."""
    return "spark" if re.search("_spark[._]", nodeid) else nodeid.partition("::")[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, which a run without a failure would hide."""
    reports = terminalreporter.stats.get("skipped", ())
    reasons = (report.longrepr[2].removeprefix("Skipped: ") for report in reports)
    for line in summary(reasons):
        terminalreporter.write_line(line, yellow=True)


@pytest.fixture(params=["sqlite", "postgres"])
def new_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes addresses where no store of an index is yet: folders, then schemas."""
    if request.param == "sqlite":
        return lambda: str(tmp_path / f"index{next(_PLACES)}")
    server = request.getfixturevalue("postgres_address")
    return lambda: f"{server}&schema=test{next(_PLACES)}"


@pytest.fixture
def place(new_place: Callable[[], str]) -> str:
    return new_place()


@pytest.fixture
def prose() -> Callable[[int, int], str]:
    """Makes reproducible nonsense prose: `prose(seed, words)`."""

    def make(seed: int, words: int) -> str:
        generator = random.Random(seed)
        return " ".join(f"w{generator.randrange(50_000)}" for _ in range(words))

    return make


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., SimpleNamespace]:
    """Runs the command in this process: `run("cluster", "x.jsonl").code`."""

    def make(*arguments: object) -> SimpleNamespace:
        monkeypatch.setattr(sys, "argv", ["dedup", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        out, err = capsys.readouterr()
        return SimpleNamespace(code=stopped.value.code or 0, out=out, err=err)

    return make


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StoryIndex]:
    """An empty index with a cheap encoder."""
    from tests.indexes import opened

    with opened(tmp_path / "index") as empty:
        yield empty


@pytest.fixture(scope="module")
def pool() -> list[Article]:
    """Articles of a small generated world."""
    from tests.news_streams import World

    return World(random.Random(11), 60, crowd=14).articles
