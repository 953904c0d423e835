"""The generated corpus: the same for the same seed, of the sizes it says, its truth planted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from dedup.bench.corpus import (
    GeneratedArticle,
    generate,
    usual_days,
    write_corpus,
    write_generated,
)
from dedup.bench.names import random_name, spell
from dedup.bench.plan import LANGUAGES, story_sizes
from dedup.errors import ConfigError
from dedup.evaluation import evaluate
from dedup.evaluation.labels import read_labels
from dedup.pipeline import cluster
from dedup.readers.files import read_articles
from dedup.text.consonant_keys import consonant_key


@pytest.fixture(scope="module")
def made() -> list[GeneratedArticle]:
    return list(generate(1500, seed=3))


def test_one_seed_makes_one_corpus_and_another_another(made: list[GeneratedArticle]) -> None:
    assert list(generate(1500, seed=3)) == made
    assert [each.article.text for each in generate(1500, seed=4)] != [
        each.article.text for each in made
    ]


def test_articles_come_in_the_order_of_time_and_originals_before_their_copies(
    made: list[GeneratedArticle],
) -> None:
    times = [each.article.published_at for each in made]
    assert times == sorted(times, key=lambda time: time.timestamp() if time else 0)
    assert all(each.duplicates <= each.article.id for each in made)
    story_of = {each.article.id: each.story for each in made}
    assert all(story_of[each.duplicates] == each.story for each in made)


def test_sizes_of_stories_have_a_median_of_two_and_a_long_tail() -> None:
    sizes = story_sizes(100_000, np.random.default_rng(0))
    assert np.median(sizes) in (2, 3)
    assert 0.35 < np.mean(sizes == 1) < 0.55
    assert sizes.max() > 200
    assert sizes.sum() >= 100_000 > sizes[:-1].sum()


def test_shares_of_copies_and_languages_are_those_of_the_news(
    made: list[GeneratedArticle],
) -> None:
    copies = np.mean([each.duplicates != each.article.id for each in made])
    assert 0.15 < copies < 0.4
    spoken = Counter(each.article.language for each in made)
    assert set(spoken) == set(LANGUAGES)
    assert spoken.most_common(1)[0][0] == "en"


def test_more_articles_take_more_days_and_more_of_each_day() -> None:
    assert usual_days(100_000) == 30
    assert usual_days(1_000_000) == pytest.approx(94.9, abs=0.1)
    last = list(generate(300, days=2))[-1].article.published_at
    assert last is not None
    assert last.day < 12


def test_what_was_planted_is_found(made: list[GeneratedArticle]) -> None:
    result = cluster(each.article for each in made)
    copies = {name: found[0].id for name, found in result.duplicates_of.items()}
    stories = {name: found[0].id for name, found in result.story_of.items()}
    planted = evaluate(copies, {each.article.id: each.duplicates for each in made})
    assert planted.b_cubed.f1 > 0.99
    told = evaluate(stories, {each.article.id: each.story for each in made})
    assert 0.7 < told.b_cubed.f1 < 1


def test_the_file_is_read_by_cluster_and_its_gold_by_evaluate(
    tmp_path: Path, made: list[GeneratedArticle]
) -> None:
    path = tmp_path / "corpus.parquet"
    assert write_corpus(path, iter(made)) == len(made)
    assert list(read_articles([str(path)])) == [each.article for each in made]
    assert pq.read_metadata(path).num_rows == len(made)
    stories, languages = read_labels(path)
    assert stories == {each.article.id: each.story for each in made}
    assert languages == {each.article.id: each.article.language for each in made}
    copies, _ = read_labels(path, label_columns=("duplicates",))
    assert copies == {each.article.id: each.duplicates for each in made}


def test_a_corpus_written_in_processes_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, spread_out = tmp_path / "alone.parquet", tmp_path / "spread.parquet"
    write_corpus(alone, generate(300, seed=5))
    for name in ("compute.processes.MIN_ITEMS", "bench.corpus._AT_ONCE"):
        monkeypatch.setattr(f"dedup.{name}", 70)
    monkeypatch.setattr("dedup.compute.processes.available_cores", lambda: 2)
    told: list[int] = []
    assert write_generated(spread_out, 300, seed=5, on_progress=told.append) == 300
    assert pq.read_table(spread_out).equals(pq.read_table(alone))
    assert told == [70, 140, 210, 280, 300]


def test_only_the_wanted_languages_are_written() -> None:
    assert {each.article.language for each in generate(50, languages={"ru": 1})} == {"ru"}
    with pytest.raises(ConfigError, match=r"languages xx: can be generated: en"):
        generate(10, languages={"xx": 1.0})


@pytest.mark.parametrize(("articles", "days"), [(0, 1.0), (10, -1.0)])
def test_a_corpus_of_nothing_is_refused(articles: int, days: float) -> None:
    with pytest.raises(ConfigError, match=f"articles = {articles}"):
        generate(articles, days)


def test_most_names_sound_alike_in_every_script() -> None:
    generator = np.random.default_rng(1)
    names = [random_name(generator, 3) for _ in range(200)]
    heard = [
        {consonant_key(spell(name, code).casefold()) for code in ("en", "ru", "ar")}
        for name in names
    ]
    assert np.mean([len(each) == 1 for each in heard]) > 0.85
    assert not any(spell(name, "zh").isascii() for name in names)


def test_names_of_two_stories_seldom_sound_alike() -> None:
    generator = np.random.default_rng(2)
    drawn = [random_name(generator, int(generator.integers(3, 5))) for _ in range(2000)]
    heard = Counter(consonant_key(spell(name, "en").casefold()) for name in drawn)
    assert len(heard) > 1700
