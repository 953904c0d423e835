"""Headlines in the languages of the reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import dedup
from dedup.config import Config
from dedup.errors import ConfigError
from dedup.index.story_index import StoryIndex
from dedup.output.headlines import in_languages
from dedup.readers import read_articles
from dedup.records import StoryGroup
from dedup.result import Result

READER = Config().replace(output={"headline_languages": ("fr", "en")})


@pytest.fixture(scope="module")
def plain(seeds_path: Path) -> Result:
    return dedup.cluster(read_articles([seeds_path]))


def expected(story: StoryGroup, *languages: str) -> str:
    known = [story.headlines[code] for code in languages if code in story.headlines]
    return known[0] if known else story.headline


def test_the_first_language_that_a_story_has(plain: Result) -> None:
    story = next(story for story in plain.story_groups if len(story.headlines) > 2)
    codes = list(story.headlines)
    assert in_languages(story, []) is story
    assert in_languages(story, ["xx"]) is story
    assert in_languages(story, ["xx", codes[1], codes[0]]).headline == story.headlines[codes[1]]
    assert in_languages(story, codes[:1]) == replace(story, headline=story.headlines[codes[0]])


def test_the_batch_shows_them_and_changes_nothing_else(plain: Result, seeds_path: Path) -> None:
    result = dedup.cluster(read_articles([seeds_path]), READER)
    changed = 0
    for story, before in zip(result.story_groups, plain.story_groups, strict=True):
        assert story.headline == expected(before, "fr", "en")
        assert replace(story, headline=before.headline) == before
        changed += story != before
    assert changed > 5
    assert result.summary.config_digest == plain.summary.config_digest
    again = result.regroup(min_probability=0.7)
    assert all(story.headline == expected(story, "fr", "en") for story in again.story_groups)


def test_an_index_shows_them_wherever_it_shows_a_story(seeds_path: Path, tmp_path: Path) -> None:
    with StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as index:
        index.add(read_articles([seeds_path]))
        stories = {story.id: story for story in index.stories(limit=200).stories}
        spanish = index.stories(language="es", limit=200).stories
        assert spanish
        assert all(story.headline == story.headlines["es"] for story in spanish)
    # Other languages than those that it was made with; and these are remembered.
    with StoryIndex.open(tmp_path / "index", READER) as index:
        assert index.config.output.headline_languages == ("fr", "en")
    with StoryIndex.open(tmp_path / "index", read_only=True) as index:
        for id, before in stories.items():
            assert index.story(id).headline == expected(before, "fr", "en")
        shown = index.stories(limit=200).stories
        assert {s.headline for s in shown} == {expected(s, "fr", "en") for s in stories.values()}
        turkish = index.stories(language="tr", limit=200).stories
        assert all(story.headline == story.headlines["tr"] for story in turkish)
        together = next(story for story in shown if len(story.members) > 1)
        a, b = (member.id for member in together.members[:2])
        assert index.why(a, b).stories[0].headline == together.headline


def test_commands_take_languages(
    run: Callable[..., SimpleNamespace], seeds_path: Path, tmp_path: Path, plain: Result
) -> None:
    out = tmp_path / "stories.jsonl"
    done = run("cluster", str(seeds_path), "--headlines", "French, en", "--stories", str(out))
    assert done.code == 0, done.err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    before = {story.id: story for story in plain.story_groups}
    assert [row["headline"] for row in rows] == [
        expected(before[row["id"]], "fr", "en") for row in rows
    ]
    refused = run("cluster", str(seeds_path), "--headlines", "en,klingonish")
    assert refused.code == 2
    assert "'klingonish' is no language: write codes, as in en,fr" in " ".join(
        refused.err.replace("│", " ").split()
    )


@pytest.mark.parametrize("value", ["en", ["English"], ["xx-unknown"], [1]])
def test_a_setting_that_names_no_languages_is_refused(value: object) -> None:
    with pytest.raises(ConfigError, match="headline_languages"):
        Config.from_mapping({"output": {"headline_languages": value}})


def test_languages_can_be_set_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('[output]\nheadline_languages = ["fr", "en"]\n', encoding="utf-8")
    assert Config.from_toml(path).output.headline_languages == ("fr", "en")
