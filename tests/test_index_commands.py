"""The commands on an index, in this process; streams and signals are in `test_index_streams`."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.main import get_command

from dedup import cli
from dedup.cli.indexes import parse_time
from dedup.errors import ConfigError
from dedup.index.story_index import StoryIndex
from dedup.readers.files import read_articles
from dedup.records import Article
from dedup.result import ARTICLE_COLUMNS, STORY_COLUMNS
from tests.indexes import rows_of

Run = Callable[..., SimpleNamespace]
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
INDEX_COMMANDS = (
    "add",
    "query",
    "stories",
    "story",
    "changes",
    "remove",
    "export",
    "serve",
    "check",
    "rebuild",
)


@pytest.fixture(scope="session")
def dated(seeds_path: Path) -> list[Article]:
    """Demonstration articles that name their time: an index gives the others one."""
    return [article for article in read_articles([seeds_path]) if article.published_at][:60]


@pytest.fixture(scope="session")
def made(dated: list[Article], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of them, to read only."""
    folder = tmp_path_factory.mktemp("made") / "news"
    with StoryIndex.open(folder) as index:
        index.add(dated)
    return folder


@pytest.fixture
def news(made: Path, tmp_path: Path) -> Path:
    """A copy of that index, to change."""
    return shutil.copytree(made, tmp_path / "news")


def write_rows(path: Path, rows: Iterable[dict[str, object]]) -> Path:
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def lines_of(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_adding_again_changes_nothing(run: Run, tmp_path: Path, dated: list[Article]) -> None:
    path = write_rows(tmp_path / "a.jsonl", rows_of(dated[:20]))
    done = run("add", tmp_path / "news", path, "--batch", 7)
    assert done.code == 0
    assert done.out.startswith("20 added, 0 updated, 0 unchanged, 0 skipped\n")
    assert "the index holds 20 articles" in done.out
    again = run("add", tmp_path / "news", path, "--batch", 3)
    assert again.out.startswith("0 added, 0 updated, 20 unchanged, 0 skipped\n")
    assert run("changes", tmp_path / "news").out == run("changes", tmp_path / "news").out
    rows = rows_of(dated[:20])
    rows[4]["text"] = "Nothing of what it said before is said any more."
    changed = run("add", tmp_path / "news", write_rows(path, rows))
    assert changed.out.startswith("0 added, 1 updated, 19 unchanged, 0 skipped\n")


def test_add_goes_on_where_it_was_stopped(
    run: Run, tmp_path: Path, dated: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_rows(tmp_path / "a.jsonl", rows_of(dated[:10]))
    with monkeypatch.context() as failing:
        plain = StoryIndex.add
        calls: list[int] = []

        def add(self: StoryIndex, articles: Any, problems: Any = None) -> Any:
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return plain(self, articles, problems)

        failing.setattr(StoryIndex, "add", add)
        stopped = run("add", tmp_path / "news", path, "--batch", 3)
    assert stopped.code == 130
    assert stopped.out.startswith("6 added, ")
    again = run("add", tmp_path / "news", path, "--batch", 3)
    assert again.out.startswith("4 added, 0 updated, 6 unchanged, ")


def test_placements_are_lines_and_the_last_has_the_counts(
    run: Run, tmp_path: Path, dated: list[Article]
) -> None:
    path = write_rows(tmp_path / "a.jsonl", [*rows_of(dated[:3]), {"id": "empty"}])
    done = run("add", tmp_path / "news", path, "--json")
    *placements, last = lines_of(done.out)
    assert [each["id"] for each in placements] == [each.id for each in dated[:3]]
    assert all(each["status"] == "added" and each["story_group"] for each in placements)
    assert last["counts"] == {"added": 3, "updated": 0, "unchanged": 0, "skipped": 1}
    assert last["problems"] == {"empty article": 1}
    assert "skipped: empty article, 1" in done.err


def test_problems_are_counted_by_kind_and_shown_in_part(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"title": "One"}\n' + "{broken\n" * 5 + '{"title": "One"}\n')
    done = run("add", tmp_path / "news", path)
    assert done.out.startswith("1 added, 0 updated, 0 unchanged, 6 skipped")
    assert "skipped: broken JSON, 5" in done.err
    assert "and 2 more" in done.err
    assert "skipped: repeated article, 1" in done.err
    assert done.err.count("a.jsonl:") == 3
    assert run("add", tmp_path / "news", path, "--verbose").err.count("a.jsonl:") == 5
    assert run("add", tmp_path / "news", path, "--quiet").err == ""


def test_what_was_read_before_a_bad_file_is_added(
    run: Run, tmp_path: Path, dated: list[Article]
) -> None:
    good = write_rows(tmp_path / "a.jsonl", rows_of(dated[:3]))
    bad = tmp_path / "b.csv"
    bad.write_text("nothing,known\n1,2\n")
    done = run("add", tmp_path / "news", good, bad)
    assert done.code == 1
    assert done.out.startswith("3 added")
    assert "no title or text column" in done.err
    assert "Traceback" not in done.err


def test_export_gives_the_rows_of_cluster(
    run: Run, tmp_path: Path, made: Path, dated: list[Article]
) -> None:
    path = write_rows(tmp_path / "a.jsonl", rows_of(dated))
    batch = lines_of(run("cluster", path, "-o", "-").out)
    rows = lines_of(run("export", made, "-o", "-").out)
    assert [tuple(row) for row in rows] == [ARTICLE_COLUMNS] * len(dated)
    assert partition(rows) == partition(batch)
    by_id = {row["id"]: row for row in batch}
    for ours in rows:
        assert ours | {"story_group": ""} == by_id[ours["id"]] | {"story_group": ""}


def partition(rows: Iterable[dict[str, Any]]) -> set[frozenset[str]]:
    groups = defaultdict(set)
    for row in rows:
        groups[row["story_group"]].add(row["id"])
    return {frozenset(members) for members in groups.values()}


def test_export_writes_files_that_evaluate_reads(run: Run, tmp_path: Path, made: Path) -> None:
    out, stories = tmp_path / "a.parquet", tmp_path / "s.csv"
    done = run("export", made, "--output", out, "--stories", stories)
    assert (done.code, done.out) == (0, "")
    assert f"wrote {out}" in done.err
    assert tuple(pq.read_table(out).column_names) == ARTICLE_COLUMNS
    assert tuple(stories.read_text("utf-8").splitlines()[0].split(",")) == STORY_COLUMNS
    ids = set(pq.read_table(out)["story_group"].to_pylist())
    assert len(stories.read_text("utf-8").splitlines()) == len(ids) + 1


def test_export_is_of_one_moment(
    run: Run, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written meanwhile is in none of its files."""
    plain = StoryIndex.stories
    writes: list[int] = []

    def stories(self: StoryIndex, *args: Any, **options: Any) -> Any:
        page = plain(self, *args, **options)
        writes.append(1)
        with StoryIndex.open(news) as writer:
            writer.add(Article(f"late-{len(writes)}", "Late", published_at=NOON))
        return page

    before = lines_of(run("export", news, "-o", "-").out)
    monkeypatch.setattr(StoryIndex, "stories", stories)
    out = tmp_path / "stories.jsonl"
    rows = lines_of(run("export", news, "-o", "-", "--stories", out).out)
    assert writes
    assert rows == before
    exported = lines_of(out.read_text(encoding="utf-8"))
    assert {id for story in exported for id in story["members"]} == {row["id"] for row in rows}


def test_stories_can_be_filtered_and_paged(run: Run, made: Path) -> None:
    everything = json.loads(run("stories", made, "--limit", 1000, "--json").out)
    assert everything["cursor"] == ""
    stories = everything["stories"]
    assert [tuple(story) for story in stories] == [STORY_COLUMNS] * len(stories)
    assert sorted(stories, key=lambda s: s["last_seen"], reverse=True) == stories
    pages, cursor = [], ""
    while True:
        page = json.loads(run("stories", made, "--limit", 7, "--json", "--cursor", cursor).out)
        pages += page["stories"]
        cursor = page["cursor"]
        if not cursor:
            break
    assert pages == stories
    arabic = json.loads(run("stories", made, "--language", "ar", "--json").out)["stories"]
    assert arabic
    assert all("ar" in story["languages"] for story in arabic)
    largest = json.loads(run("stories", made, "--order", "largest", "--json").out)["stories"]
    assert largest[0]["texts"] == max(story["texts"] for story in stories)
    big = json.loads(run("stories", made, "--min-texts", 3, "--json").out)["stories"]
    assert {story["id"] for story in big} == {
        story["id"] for story in stories if story["texts"] >= 3
    }
    middle = stories[len(stories) // 2]["last_seen"]
    recent = json.loads(run("stories", made, "--since", middle, "--limit", 99, "--json").out)
    assert {s["id"] for s in recent["stories"]} == {
        story["id"] for story in stories if story["last_seen"] >= middle
    }


def test_the_list_of_stories_is_plain_lines_when_piped(run: Run, made: Path) -> None:
    done = run("stories", made, "--limit", 3)
    head, *lines = done.out.splitlines()
    assert head.split()[:3] == ["id", "texts", "articles"]
    assert len(lines) == 3
    stories = json.loads(run("stories", made, "--limit", 3, "--json").out)["stories"]
    for line, story in zip(lines, stories, strict=True):
        assert line.startswith(story["id"])
        assert line.endswith(story["headline"])
    assert "next page: --cursor " in done.err
    none = run("stories", made, "--since", "2100-01-01")
    assert (none.code, none.out, none.err) == (0, "", "no stories match\n")


def test_a_story_shows_all_its_texts(run: Run, made: Path) -> None:
    largest = json.loads(run("stories", made, "--order", "largest", "--json").out)["stories"][0]
    shown = run("story", made, largest["id"]).out
    assert shown.startswith(largest["headline"])
    table = shown.split("\n\n")[1].splitlines()
    assert len(table) == largest["texts"] + 1
    told = json.loads(run("story", made, largest["id"], "--json").out)
    articles, ties = told.pop("member_articles"), told.pop("related")
    assert told == largest
    assert ties
    for tie in ties:
        other = next(each for each in (tie["earlier"], tie["later"]) if each != told["id"])
        assert f": {other}  " in shown
    assert [article["id"] for article in articles] == largest["members"]
    assert {article["story_group"] for article in articles} == {largest["id"]}
    assert "text" not in articles[0]


def test_a_merged_story_leads_to_its_heir_and_to_what_it_was(run: Run, tmp_path: Path) -> None:
    text = "Krakatau erupted over Banten and Labuan at night; 31 boats are missing. " * 4
    later, clock = NOON + timedelta(days=2), [NOON]
    folder = tmp_path / "news"
    with StoryIndex.open(folder, clock=lambda: clock[0]) as index:
        first = index.add(Article("a", "Krakatau erupts", text, "A", NOON - HOUR, "en"))
        second = index.add(
            Article("b", "Harbour opens", "A harbour opens in Rotterdam. " * 9, "B", NOON, "en")
        )
        clock[0] = later
        index.add(Article("b", "Krakatau erupts again", text + "More follows.", "B", NOON, "en"))
    assert first.story_group != second.story_group
    shown = run("story", folder, second.story_group).out
    assert f"{first.story_group} ({second.story_group} was merged into it)" in shown
    then = run("story", folder, second.story_group, "--as-of", "2024-05-02", "--json").out
    assert json.loads(then)["members"] == ["b"]
    kinds = [event["kind"] for event in lines_of(run("changes", folder, "--json").out)]
    assert kinds[:2] == ["created", "created"]
    assert "merged" in kinds
    assert f"{second.story_group} into {first.story_group}" in run("changes", folder).out


def test_changes_can_be_followed_from_a_number(run: Run, made: Path) -> None:
    events = lines_of(run("changes", made, "--json").out)
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert lines_of(run("changes", made, "--since", 5, "--json").out) == events[5:]
    assert lines_of(run("changes", made, "--since", 5, "--limit", 2, "--json").out) == events[5:7]
    assert lines_of(run("changes", made, "--since", "24h", "--json").out) == events
    then = events[7]["at"]
    later = [event for event in events if event["at"] >= then]
    found = run("changes", made, "--since", then, "--limit", 3, "--json").out
    assert lines_of(found) == later[:3]
    assert run("changes", made, "--since", "2200-01-01").out == ""
    one = events[3]["story_group"]
    assert {
        e["story_group"] for e in lines_of(run("changes", made, "--story", one, "--json").out)
    } == {one}
    line = run("changes", made, "--limit", 1).out
    assert line.split()[0] == "1"
    assert events[0]["story_group"] in line
    assert all(f"+{each}" in line for each in events[0]["added"])


def test_query_finds_the_copy_the_neighbours_and_the_story(
    run: Run, made: Path, tmp_path: Path, dated: list[Article]
) -> None:
    asked = dated[0]
    path = write_rows(tmp_path / "q.jsonl", rows_of([asked]))
    with StoryIndex.open(made, read_only=True) as index:
        place = index.placement(asked.id)
    for options in (
        ("--text", asked.text, "--title", asked.title, "--published-at", asked.published_at),
        ("--file", path),
    ):
        found = lines_of(run("query", made, *options, "--json").out)[0]
        assert found["story_group"] == place.story_group
        assert asked.id in [copy["id"] for copy in found["duplicates"]]
        assert found["duplicates"][0]["jaccard"] == 1
        assert found["in_index"] is False
    held = lines_of(run("query", made, "--id", asked.id, "--json").out)[0]
    assert held["in_index"] is True
    assert held["story_group"] == place.story_group
    assert asked.id not in [each["id"] for each in held["duplicates"] + held["neighbors"]]
    shown = run("query", made, "--file", path).out
    assert f"would join the story {place.story_group}" in shown
    assert "copies\n" in shown
    assert run("stories", made, "--limit", 99, "--json").out.count(f'"{asked.id}"') >= 1


def test_query_reads_a_text_from_stdin(
    run: Run, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Zzyzx is quiet, and so is the desert around."))
    done = run("query", made, "--text", "-")
    assert done.code == 0
    assert done.out.startswith("would start a new story (by content alone, as it has no time)")
    assert "neighbours" in done.out


def test_a_file_of_queries_may_have_columns_of_any_name(
    run: Run, made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "asked.csv"
    path.write_text("hed,copy,day\nPutin in Beijing,Belt and Road forum,03/04/2024\n", "utf-8")
    columns = ("--title-column", "hed", "--text-column", "copy", "--published-at-column", "day")
    done = run("query", made, "--file", path, *columns, "--dates", "day-first", "--json")
    (found,) = lines_of(done.out)
    assert (found["title"], found["published_at"]) == ("Putin in Beijing", "2024-04-03T00:00:00Z")


def test_a_query_takes_a_time_and_shows_what_is_far_from_it(run: Run, made: Path) -> None:
    words = "Putin arrives in Beijing for the Belt and Road forum"
    assert run("query", made, "--text", words).out.startswith("is most like the story s-")
    (found,) = lines_of(run("query", made, "--text", words, "--json").out)
    assert found["neighbors"][0]["story_group"] == found["story_group"] != ""
    assert found["published_at"] is None
    assert {near["gap_seconds"] for near in found["neighbors"]} == {None}
    dated = ("query", made, "--text", words, "--published-at", "2025-06-03")
    (far,) = lines_of(run(*dated, "--json").out)
    assert (far["story_group"], far["published_at"]) == ("", "2025-06-03T00:00:00Z")
    assert far["neighbors"][0]["probability"] is None
    assert far["neighbors"][0]["cosine"] > 0.3
    assert far["neighbors"][0]["gap_seconds"] > 365 * 86_400
    shown = run(*dated).out
    assert shown.startswith("would start a new story\n")
    assert " days " in shown.splitlines()[4]


def test_why_asks_an_index_as_it_asks_files(
    run: Run, made: Path, tmp_path: Path, dated: list[Article]
) -> None:
    largest = json.loads(run("stories", made, "--order", "largest", "--json").out)["stories"][0]
    a, b = largest["members"][:2]
    path = write_rows(tmp_path / "a.jsonl", rows_of(dated))
    ours = json.loads(run("why", made, a, b, "--json").out)
    theirs = json.loads(run("why", a, b, path, "--json").out)
    assert ours["evidence"] == theirs["evidence"]
    assert ours["sentence"] == theirs["sentence"]
    assert ours["articles"][0]["story_group"] == largest["id"]
    assert run("why", made, a, b).out.splitlines()[0] == ours["sentence"]


def test_removing_takes_all_or_none(
    run: Run, news: Path, dated: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [each.id for each in dated]
    refused = run("remove", news, ids[0], f"{ids[1]}x")
    assert refused.code == 1
    assert f"did you mean {ids[1]!r}?" in refused.err
    assert run("remove", news, ids[0]).out == "removed 1 article\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{ids[1]}\n\n{ids[2]}\n{ids[1]}\n"))
    assert run("remove", news, "-", "--json").out == json.dumps({"removed": ids[1:3]}) + "\n"
    rows = lines_of(run("export", news, "-o", "-").out)
    assert {row["id"] for row in rows} == set(ids[3:])


def test_a_sound_index_is_said_to_be_sound(run: Run, made: Path) -> None:
    done = run("check", made)
    assert done.code == 0
    assert done.out.startswith("sound: 60 articles, ")
    assert len(done.out.splitlines()) == 1
    found = json.loads(run("check", made, "--json").out)
    assert found["damaged"] == []
    assert found["counts"]["articles"] == 60


def test_a_damaged_database_is_found(run: Run, news: Path) -> None:
    store = news / "store.sqlite"
    content = bytearray(store.read_bytes())
    for start in range(len(content) // 3, len(content) - 600, 4096):
        content[start : start + 512] = b"\xff" * 512
    store.write_bytes(content)
    done = run("check", news)
    assert done.code == 1
    assert done.out or done.err
    assert "Traceback" not in done.err


def test_what_check_finds_is_listed(run: Run, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoryIndex, "check", lambda self: ["row 3 \x1b[31mis torn", "row 4 too"])
    done = run("check", made)
    assert done.code == 1
    assert done.out == "damaged: row 3  [31mis torn\ndamaged: row 4 too\n"
    assert json.loads(run("check", made, "--json").out)["damaged"][1] == "row 4 too"


def test_rebuilding_keeps_articles_and_ids(run: Run, news: Path) -> None:
    before = run("export", news, "-o", "-").out
    done = run("rebuild", news)
    assert done.code == 0
    assert done.out.startswith("rebuilt: 60 articles, ")
    assert run("export", news, "-o", "-").out == before


def test_serve_hands_on_what_it_was_told(
    run: Run, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[str, dict[str, object]]] = []

    def serve(location: str, on_start: Callable[[str], None], **options: object) -> None:
        on_start("http://there")
        calls.append((location, options))

    monkeypatch.setitem(sys.modules, "dedup.server", SimpleNamespace(serve=serve))
    monkeypatch.setenv("DEDUP_TOKEN", "secret")
    started = run("serve", made, "--port", 8001)
    assert (started.code, started.err) == (0, "serving at http://there\n")
    run("serve", made, "--host", "0.0.0.0", "--token", "other", "--force")
    shown = {"headline_languages": ()}
    assert calls == [
        (
            str(made),
            {"host": "127.0.0.1", "port": 8001, "token": "secret", "force": False, **shown},
        ),
        (str(made), {"host": "0.0.0.0", "port": 8000, "token": "other", "force": True, **shown}),
    ]


def test_control_characters_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    text = "Krakatau erupted over Banten and Labuan at night. " * 4
    rows: list[dict[str, object]] = [
        {
            "id": f"k{number}",
            "title": f"\x1b[31mKrakatau\u202e {number}\x07",
            "text": text + "More follows. " * number * 5,
            "source": "\x1b]0;x\x07Post",
            "published_at": "2024-05-01T12:00:00Z",
        }
        for number in range(3)
    ]
    folder = tmp_path / "news"
    path = write_rows(tmp_path / "a.jsonl", rows)
    shown = [run("add", folder, path).out]
    with StoryIndex.open(folder, read_only=True) as index:
        story = index.placement("k0").story_group
    for arguments in (
        ("stories", folder),
        ("story", folder, story),
        ("query", folder, "--id", "k0"),
        ("query", folder, "--file", path),
        ("why", folder, "k0", "k1"),
        ("changes", folder),
    ):
        done = run(*arguments)
        assert done.code == 0
        shown.append(done.out + done.err)
    assert "Krakatau" in "".join(shown)
    assert all(char.isprintable() or char == "\n" for char in "".join(shown))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["add", "NEWS"], 2, "Missing argument"),
        (["add", "new", "missing.jsonl"], 1, "missing.jsonl: there is no such file"),
        (["add", "a.jsonl", "NEWS"], 1, "a.jsonl: is a file, and is not an index: give the index"),
        (["add", ".", "a.jsonl"], 1, ".: holds other files, and is not an index"),
        (["add", "new", "a.jsonl", "--batch", "0"], 2, "--batch"),
        (["add", "NEWS", "a.jsonl", "--config", "other.toml"], 1, "made with other settings"),
        (["add", "new", "a.jsonl", "--encoder", "no/such/model"], 1, "no/such/model"),
        (["stories", "nowhere"], 1, "nowhere: there is no such folder: `dedup add nowhere"),
        (["stories", "."], 1, ".: is not an index"),
        (["stories", "NEWS", "--since", "soon"], 2, "'soon' is not a time"),
        (["stories", "NEWS", "--cursor", "nonsense"], 1, "cursor"),
        (["story", "NEWS", "s-nothing"], 1, "no story group of the index has the id 's-nothing'"),
        (["story", "NEWS", "ARTICLE"], 1, "is an article: its story is s-"),
        (["query", "NEWS"], 2, "give one of --text, --file and --id"),
        (["query", "NEWS", "--text", "x", "--id", "y"], 2, "give one of"),
        (["query", "NEWS", "--id", "ARTICLEx"], 1, "did you mean 'ARTICLE'?"),
        (["export", "NEWS", "--stories", "s.csv", "--with", "url"], 2, "needs a FILE in --output"),
        (["query", "NEWS", "--text", " "], 1, "the text is empty"),
        (["query", "NEWS", "--file", "empty.jsonl"], 1, "gives no article"),
        (["why", "NEWS", "ARTICLE", "ARTICLEx"], 1, "did you mean 'ARTICLE'?"),
        (["why", "NEWS", "ARTICLE", "ARTICLE"], 2, "give the ids of two articles"),
        (["why", "NEWS", "ARTICLE", "x", "--encoder", "bundled"], 2, "its own settings"),
        (["why", "nowhere", "7", "8"], 1, "nowhere is not an index"),
        (["remove", "nowhere", "7"], 1, "nowhere: there is no such folder"),
        (["changes", "NEWS", "--since", "soon"], 2, "neither the number of an event nor a time"),
        (["changes", "NEWS", "--story", "s-nothing"], 1, "has the id 's-nothing'"),
        (["export", "NEWS"], 2, "give --output, --stories, --related or"),
        (["export", "NEWS", "-o", "a.xlsx"], 2, "names no format"),
        (["export", "NEWS", "-o", "-", "--stories", "-"], 2, "are both '-'"),
        (["export", "NEWS", "-o", "no/such/a.csv"], 1, "folder does not exist"),
        (["check", "nowhere"], 1, "nowhere: there is no such folder"),
        (["rebuild", "nowhere"], 1, "nowhere: there is no such folder"),
        (["serve", "a.jsonl"], 1, "a.jsonl: is a file"),
        (["serve", "NEWS", "--port", "70000"], 2, "--port"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(
    run: Run,
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    dated: list[Article],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    (tmp_path / "a.jsonl").write_text('{"title": "One"}\n')
    (tmp_path / "empty.jsonl").write_text('{"title": ""}\n')
    (tmp_path / "other.toml").write_text("[stories]\nmin_probability = 0.7\n")
    monkeypatch.chdir(tmp_path)

    def put(text: str) -> str:
        return text.replace("NEWS", str(made)).replace("ARTICLE", dated[0].id)

    done = run(*map(put, arguments))
    assert done.code == code
    assert put(message) in " ".join(done.err.replace("│", " ").split())
    assert "Traceback" not in done.err
    if code == 1:
        assert sum("error" in line for line in done.err.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()
    if "missing.jsonl" in arguments:
        assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", INDEX_COMMANDS)
def test_help_teaches_by_example(run: Run, name: str) -> None:
    shown = run(name, "--help")
    assert shown.code == 0
    assert f"dedup {name} news" in shown.out
    assert name in get_command(cli.app).commands  # type: ignore[attr-defined]


def test_help_of_why_explains_both_forms(run: Run) -> None:
    shown = " ".join(run("why", "--help").out.split())
    assert "dedup why A B INPUT..." in shown
    assert "dedup why INDEX A B" in shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024-04-30", datetime(2024, 4, 30, tzinfo=UTC)),
        ("2024-04-30T10:50", datetime(2024, 4, 30, 10, 50, tzinfo=UTC)),
        ("2024-04-30T10:50:01Z", datetime(2024, 4, 30, 10, 50, 1, tzinfo=UTC)),
        ("2024-04-30 10:50+02:00", datetime(2024, 4, 30, 8, 50, tzinfo=UTC)),
        ("36h", NOON - timedelta(hours=36)),
        ("2w", NOON - timedelta(days=14)),
    ],
)
def test_times_as_people_write_them(text: str, found: datetime) -> None:
    assert parse_time(text, now=NOON) == found


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "999999w", "-3h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is not a time"):
        parse_time(text, now=NOON)
