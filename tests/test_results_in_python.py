"""What a result gives in Python: labels, masks, tables, other groupings, and how it looks."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from datetime import timedelta
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import dedup
from dedup.config import Config
from dedup.errors import ConfigError, DedupError, InputError
from dedup.output.bars import NotebookBars, StepBars, terminal_bars
from dedup.result import ARTICLE_COLUMNS, MATCH_COLUMNS, RELATED_COLUMNS, STORY_COLUMNS, Result
from tests.indexes import HASHING, MODEL, SMALL

TABLES = {
    "articles": ARTICLE_COLUMNS,
    "stories": STORY_COLUMNS,
    "related": RELATED_COLUMNS,
    "matches": MATCH_COLUMNS,
}


@pytest.fixture(scope="module")
def frame(seeds_path: Path) -> pd.DataFrame:
    """The demonstration corpus in an order of its own, with a row of nothing and one twice."""
    rows = [json.loads(line) for line in seeds_path.read_text(encoding="utf-8").splitlines()]
    shuffled = pd.DataFrame(rows).sample(frac=1, random_state=3)
    nothing = pd.DataFrame([{"id": "nothing", "title": "", "text": ""}])
    return pd.concat([shuffled.head(5), nothing, shuffled.tail(-5), shuffled.head(1)])


@pytest.fixture(scope="module")
def result(frame: pd.DataFrame) -> Result:
    return dedup.cluster(frame)


def test_labels_stand_in_the_order_of_the_input(frame: pd.DataFrame, result: Result) -> None:
    stories, copies = result.labels("story"), result.labels("duplicate")
    assert stories.shape == copies.shape == (len(frame),)
    assert (result.labels() == stories).all()
    for id, story, copy in zip(frame["id"], stories, copies, strict=True):
        if id == "nothing":
            assert (story, copy) == ("", "")
        else:
            assert story == result.story_of[id][0].id
            assert copy == result.duplicates_of[id][0].id
    with pytest.raises(DedupError, match="'language' groups nothing"):
        result.labels("language")  # type: ignore[arg-type]


def test_a_mask_leaves_one_row_of_each_text_or_story(frame: pd.DataFrame, result: Result) -> None:
    unique = frame[result.unique()]
    assert len(unique) == result.summary.texts
    assert set(unique["id"]) == {cluster.representative for cluster in result.duplicate_clusters}
    firsts = frame[result.unique("story")]
    assert sorted(firsts["id"]) == sorted(story.first_article for story in result.story_groups)
    # The first of two equal rows stays.
    assert not result.unique()[-1]


def test_rows_and_files_have_the_order_of_the_input(
    frame: pd.DataFrame, result: Result, tmp_path: Path
) -> None:
    wanted = [id for id in frame["id"][:-1] if id != "nothing"]
    assert [row["id"] for row in result.article_rows()] == wanted
    result.to_csv(tmp_path / "a.csv")
    assert list(pd.read_csv(tmp_path / "a.csv")["id"]) == wanted


def test_tables_come_as_arrow_pandas_and_polars(result: Result) -> None:
    for kind, columns in TABLES.items():
        table, in_pandas, in_polars = (
            convert(kind) for convert in (result.to_arrow, result.to_pandas, result.to_polars)
        )
        assert tuple(table.column_names) == tuple(in_pandas.columns) == columns
        assert tuple(in_polars.columns) == columns
        assert table.num_rows == len(in_pandas) == len(in_polars) == len(result.rows(kind)) > 0
    stories = result.to_pandas("stories")
    assert list(stories["headline"]) == [story.headline for story in result.story_groups]
    assert dict(stories["headlines"][0]) == dict(result.story_groups[0].headlines)
    assert isinstance(stories["first_seen"].dtype, pd.DatetimeTZDtype)
    assert result.to_polars().filter(pl.col("copy_type") == "original").height == (
        result.summary.texts
    )
    with pytest.raises(DedupError, match="no table 'texts': there are articles, stories"):
        result.to_arrow("texts")


@pytest.mark.parametrize(
    "stories",
    [{"min_probability": 0.7}, {"min_probability": 0.25}, {"max_component_texts": 9}],
    ids=str,
)
def test_grouping_again_is_a_fresh_run(
    frame: pd.DataFrame, result: Result, stories: dict[str, Any]
) -> None:
    config = Config().replace(stories=stories, neighbors={"max_gap": timedelta(days=3)})
    fresh = dedup.cluster(frame, config)
    assert result.regroup(config=config) == fresh
    assert result.regroup(config=config).regroup(config=Config()) == result
    if "min_probability" in stories:
        ours = result.regroup(**stories, max_gap=timedelta(days=3))
        assert ours == fresh
        assert ours.rows("related") == fresh.rows("related")
        assert (ours.labels() == fresh.labels()).all()


def test_grouping_again_does_not_embed(frame: pd.DataFrame) -> None:
    steps: list[str] = []
    result = dedup.cluster(frame, SMALL, encoder=HASHING, affinity=MODEL)
    result.regroup(min_probability=0.6, progress=lambda step, done, total: steps.append(step))
    assert set(steps) == {"neighbours", "score", "group", "describe"}


def test_only_settings_of_stories_can_change_afterwards(result: Result) -> None:
    with pytest.raises(ConfigError, match=r"min_probability"):
        result.regroup(min_probability=1.5)
    with pytest.raises(ConfigError, match="for others run dedup"):
        result.regroup(config=Config().replace(near_duplicates={"min_jaccard": 0.9}))


def test_reprs_are_short(result: Result, frame: pd.DataFrame, tmp_path: Path) -> None:
    assert repr(result) == (
        f"Result(164 articles, {result.summary.texts} texts, {len(result.story_groups)} stories)"
    )
    story = result.story_groups[0]
    assert repr(story).startswith(f"StoryGroup({story.id!r}, ")
    assert len(repr(story)) < 250
    with dedup.StoryIndex.open(tmp_path / "news") as index:
        index.add(frame.head(3))
        assert re.fullmatch(r"StoryIndex\('.*news', 3 articles, [123] stor(y|ies)\)", repr(index))
        page = index._repr_html_()
        assert page.count("<tr>") == 1 + index.stats().story_groups
    assert repr(index).endswith("news', closed)")
    assert index._repr_html_()


def test_a_notebook_shows_stories_as_a_table() -> None:
    texts = [f"<b>Item {n}</b> & more of the small news of {n * 7} towns." for n in range(25)]
    rows = [
        {"id": str(n), "title": f"<i>{text}" if n else "</table>\x1b", "text": text}
        for n, text in enumerate(texts)
    ]
    page = dedup.cluster(rows)._repr_html_()
    assert "25 articles" in page
    assert page.count("<table>") == page.count("</table>") == 1
    assert "\x1b" not in page
    more = re.search(r"and (\d+) more stor", page)
    shown = page.count("<tr>") - 1
    assert shown <= 20
    assert shown + int(more[1] if more else 0) == len(dedup.cluster(rows).story_groups)


def test_a_notebook_shows_a_story_with_its_headlines(result: Result) -> None:
    story = next(story for story in result.story_groups if len(story.headlines) > 2)
    page = story._repr_html_()
    assert story.id in page
    for language, headline in story.headlines.items():
        assert f"headline ({language})" in page
        assert escape(headline) in page
    for source in story.sources:
        assert escape(source) in page
    (odd,) = dedup.cluster(
        [{"title": "<i>Item</i>\x1b & more", "text": "Small news of <b>the</b> towns & more."}]
    ).story_groups
    page = replace(odd, headline="<script>\x1b[31m", names=("<b>",))._repr_html_()
    assert page.count("<table>") == 1
    assert "undated" in page
    assert re.findall(r"<script>|\x1b|<td[^>]*><b>", page) == []


def test_a_path_is_a_path(tmp_path: Path, frame: pd.DataFrame) -> None:
    path = tmp_path / "articles.jsonl"
    frame.to_json(path, orient="records", lines=True)
    expected = dedup.cluster(frame)
    for given in (str(path), path):
        read = dedup.cluster(given)
        assert read.article_rows() == expected.article_rows()
        assert (read.labels() == expected.labels()).all()
    with dedup.StoryIndex.open(tmp_path / "news", SMALL, encoder=HASHING) as index:
        assert len(index.add(str(path))) == 164
    with pytest.raises(InputError, match=r"nothing\.jsonl: there is no such file"):
        dedup.cluster("nothing.jsonl")


def test_steps_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="dedup"):
        dedup.cluster(["A ferry ran aground off Barra."] * 2 + ["A kestrel nests in a tower."])
    lines = [record.getMessage() for record in caplog.records if record.name == "dedup"]
    assert lines[0] == "clean: 2 articles"
    assert "embed: 2 texts" in lines
    assert lines[-1] == "describe: 2 stories"


def test_every_bar_fills_and_ends(frame: pd.DataFrame) -> None:
    """Also where a step has fewer texts to look at, and what is read is more than is needed."""
    from rich.console import Console

    bars = terminal_bars(Console(force_terminal=True, quiet=True))
    with bars:
        steps = StepBars(bars, 1000)
        steps.on_bytes(900)
        equal = pd.concat([frame.assign(id=None, url=None, source=None), frame])
        dedup.cluster(equal, SMALL, encoder=HASHING, affinity=MODEL, progress=steps)
        assert [task.description for task in bars.tasks] == [
            "read", "clean", "near-duplicates", "embed", "profile", "neighbours", "score",
            "group", "describe",
        ]  # fmt: skip
        for task in bars.tasks:
            assert task.completed == task.total
            assert task.finished_time is not None, task.description


def test_bars_in_a_notebook_need_no_widgets(monkeypatch: pytest.MonkeyPatch) -> None:
    display = pytest.importorskip("IPython.display")
    shown: list[str] = []

    class Handle:
        def update(self, page: Any) -> None:
            shown.append(page.data)

    monkeypatch.setattr(display, "display", lambda page, display_id: Handle())
    bars = NotebookBars()
    for done in range(1001):
        bars("<embed>", done, 1000)
    assert len(shown) <= 102
    assert '<progress value="1000" max="1000">' in shown[-1]
    assert "&lt;embed&gt;" in shown[-1]


def test_bars_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["A ferry ran aground off Barra.", "A kestrel nests in a tower."]
    assert dedup.cluster(rows, progress=True) == dedup.cluster(rows)
    assert capsys.readouterr().out == ""


def test_copies_of_another_set_are_found_one_by_one(seeds_path: Path, tmp_path: Path) -> None:
    articles = list(dedup.read_articles(seeds_path))
    known, asked = articles[:90], articles[90:]
    whole = dedup.cluster(articles)
    held = dedup.HeldTexts(known)
    found = {article.id: match for article, match in dedup.find_copies(asked, held)}
    assert list(found) == [article.id for article in asked]
    ids = {article.id for article in known}
    for id, match in found.items():
        cluster = {member.id for member in whole.duplicates_of[id][0].members}
        assert (match is not None) == bool(cluster & ids - {id})
        if match is not None:
            assert match.b == id
            assert match.a in cluster
            why = whole.why(match.a, id).match
            assert match.jaccard == why.jaccard
            assert match.containment_a == why.containment_a
    assert any(found.values())
    with dedup.StoryIndex.open(tmp_path / "news") as index:
        index.add(known)
        in_index = {article.id: match for article, match in dedup.find_copies(asked, index)}
        assert index.copies(known[0].text)[0].a == known[0].id
    assert {id: m and m.jaccard for id, m in in_index.items()} == {
        id: m and m.jaccard for id, m in found.items()
    }


def test_labels_are_what_scikit_learn_takes(result: Result) -> None:
    from sklearn.metrics import adjusted_rand_score

    stories = result.labels("story")
    assert isinstance(stories, np.ndarray)
    assert adjusted_rand_score(stories, stories) == 1.0
