"""Feeds are polled politely, within limits, and one error never stops the others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from dedup.cli import app
from dedup.config import ReadingConfig
from dedup.errors import InputError
from dedup.feeds import FeedPoll, FeedState, Follower, addresses_of
from dedup.index.story_index import StoryIndex
from dedup.readers.addresses import FetchError, FetchLimits, fetch
from dedup.readers.files import read_articles
from dedup.records import Article, Problem
from dedup.store import Placement
from tests.feed_server import FeedServer, running_feed_server

LIMITS = FetchLimits(max_bytes=1_000_000, total_seconds=20.0)
PAUSE = 900.0


class Shelf:
    """An index that remembers ids only."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}

    def add(self, articles: Sequence[Article]) -> list[Placement]:
        placements = []
        for article in articles:
            status = "unchanged" if self.articles.get(article.id) == article else "added"
            self.articles[article.id] = article
            placements.append(
                Placement(article.id, "d", article.id, "original", 1, 1, "s", None, status)  # type: ignore[arg-type]
            )
        return placements


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with running_feed_server() as running:
        yield running


class Run:
    """A follower with a clock that a test moves."""

    def __init__(self, server: FeedServer, *paths: str) -> None:
        self.time = 1_800_000_000.0
        self.index = Shelf()
        self.problems: list[Problem] = []
        self.follower = Follower(
            self.index,
            {path: FeedState(f"{server.address}/{path}") for path in paths},
            pause_seconds=PAUSE,
            limits=LIMITS,
            clock=lambda: self.time,
            reading=ReadingConfig(),
            on_problem=self.problems.append,
        )

    def polls(self) -> list[FeedPoll]:
        return list(self.follower.poll_due())


def test_what_is_new_is_added_and_the_same_feed_again_adds_nothing(server: FeedServer) -> None:
    server.ids = ("a", "b")
    run = Run(server, "feed")
    (poll,) = run.polls()
    assert (poll.entries, poll.added, poll.error) == (2, 2, "")
    assert set(run.index.articles) == {"https://e.example/a", "https://e.example/b"}
    assert run.polls() == []
    run.time += PAUSE
    (poll,) = run.polls()
    assert poll.is_unchanged
    assert server.requests[-1][1]["if-none-match"] == '"a-b"'
    assert "dedup" in server.requests[-1][1]["user-agent"]
    server.ids = ("b", "c")
    run.time += PAUSE
    (poll,) = run.polls()
    assert (poll.entries, poll.added) == (2, 1)


def test_one_error_never_stops_the_others(server: FeedServer) -> None:
    server.ids = ("a",)
    paths = ("none", "error", "circle", "bomb", "endless", "words", "broken", "feed")
    run = Run(server, *paths)
    polls = dict(zip(paths, run.polls(), strict=True))
    assert polls["feed"].added == 1
    assert polls["broken"].added == 1
    assert "broken XML" in {problem.kind for problem in run.problems}
    for path, error in {
        "none": "answers 404", "error": "answers 503", "circle": "more than 5 redirects",
        "bomb": "more than 1,000,000 bytes", "endless": "more than 1,000,000 bytes",
    }.items():  # fmt: skip
        assert error in polls[path].error
    assert polls["words"].error or polls["words"].entries == 0


def test_failures_are_asked_ever_more_rarely(server: FeedServer) -> None:
    run = Run(server, "none")
    pauses = []
    for _ in range(10):
        (poll,) = run.polls()
        assert poll.next_at is not None
        pauses.append(poll.next_at - run.time)
        run.time = poll.next_at
    assert pauses[:3] == [2 * PAUSE, 4 * PAUSE, 8 * PAUSE]
    assert pauses[-1] == 24 * 3600


def test_a_server_that_says_when_is_not_asked_before(server: FeedServer) -> None:
    run = Run(server, "error")
    (poll,) = run.polls()
    assert poll.next_at == run.time + 7200


def test_a_feed_that_is_gone_is_not_asked_again(server: FeedServer) -> None:
    run = Run(server, "gone")
    (poll,) = run.polls()
    assert poll.next_at is None
    assert run.follower.next_due() is None


def test_a_feed_that_moved_for_good_is_asked_at_its_new_address(server: FeedServer) -> None:
    run = Run(server, "moved")
    (poll,) = run.polls()
    assert poll.moved_to == f"{server.address}/feed"
    run.time += PAUSE
    run.polls()
    assert server.requests[-1][0] == "/feed"


def test_a_redirect_to_a_private_address_is_refused_unless_allowed(server: FeedServer) -> None:
    with pytest.raises(FetchError, match="redirect to a private address"):
        fetch(f"{server.address}/elsewhere", limits=LIMITS)
    allowed = FetchLimits(max_bytes=1_000_000, allow_private=True)
    assert fetch(f"{server.address}/elsewhere", limits=allowed).content.startswith(b"<?xml")


def test_a_server_that_drips_takes_too_long(server: FeedServer) -> None:
    with pytest.raises(FetchError, match="takes too long"):
        fetch(f"{server.address}/drip", limits=FetchLimits(total_seconds=0.3))


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("http://127.0.0.1:9/", "refuses the connection"),
        ("http://nobody.invalid/", "there is no host 'nobody.invalid'"),
        ("ftp://e.example/", "is no http or https address"),
    ],
)
def test_addresses_that_cannot_be_read(address: str, error: str) -> None:
    with pytest.raises(FetchError, match=error):
        fetch(address, limits=LIMITS)


def test_a_feed_is_an_input_like_a_file(server: FeedServer) -> None:
    server.ids = ("a", "b")
    problems: list[Problem] = []
    articles = read_articles([f"{server.address}/feed"], on_problem=problems.append)
    assert len(list(articles)) == 2
    assert problems == []


def test_a_feed_is_an_input_of_commands(server: FeedServer, tmp_path: Path) -> None:
    server.ids = ("a", "b")
    feed, index = f"{server.address}/feed", str(tmp_path / "news")
    first = CliRunner().invoke(app, ["add", index, feed])
    assert first.output.startswith("2 added"), first.output
    assert "2 unchanged" in CliRunner().invoke(app, ["add", index, feed]).output
    ids = ["https://e.example/a", "https://e.example/b"]
    assert CliRunner().invoke(app, ["why", *ids, feed]).exit_code == 0


def test_lists_of_feeds(tmp_path: Path) -> None:
    (tmp_path / "feeds.txt").write_text(
        "# mine\nhttps://e.example/a\n\nhttps://e.example/b # the other\n"
    )
    (tmp_path / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline text="News"><outline xmlUrl="https://e.example/c"/>'
        '<outline text="none"/></outline></body></opml>'
    )
    feeds: list[str | Path] = [
        "https://e.example/b",
        tmp_path / "feeds.txt",
        tmp_path / "feeds.opml",
    ]
    assert [address[-1] for address in addresses_of(feeds)] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("a feed\n", "1: 'a feed' is no http"),
        ("", "names no feed"),
        ("<rss/>", "is no OPML"),
        ("<opml", "broken"),
    ],
)
def test_a_list_that_is_none(tmp_path: Path, content: str, error: str) -> None:
    (tmp_path / "x").write_text(content)
    with pytest.raises(InputError, match=error):
        addresses_of([tmp_path / "x"])


@given(
    st.builds(
        FeedState,
        st.text(),
        st.dictionaries(st.text(), st.text()),
        st.floats(0, 1e10),
        st.integers(0, 99),
    )
)
def test_states_are_stored_as_they_are(state: FeedState) -> None:
    assert FeedState.from_mapping(state.to_mapping()) == state


def test_a_feed_is_followed_into_an_index(server: FeedServer, tmp_path: Path) -> None:
    server.ids = ("a", "b")
    command = ["follow", str(tmp_path / "news"), f"{server.address}/feed", f"{server.address}/none"]
    first = CliRunner().invoke(app, [*command, "--once"])
    assert first.exit_code == 0
    assert f"{server.address}/feed: 2 entries, 2 new" in first.output
    assert "/none: failed:" in first.output
    # Nothing is due yet, and what is known of the feeds is in the index.
    assert "entries" not in CliRunner().invoke(app, [*command, "--once"]).output
    with StoryIndex.open(tmp_path / "news", read_only=True) as index:
        assert index.stats().articles == 2
        assert set(json.loads(index.note("feeds"))) == {
            f"{server.address}/feed",
            f"{server.address}/none",
        }


def test_no_feed_that_can_be_read_is_a_failure(server: FeedServer, tmp_path: Path) -> None:
    command = ["follow", str(tmp_path / "news"), f"{server.address}/none", "--once", "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 1
    assert "answers 404" in json.loads(done.stdout)["error"]
