"""The affair: a corpus in which everything shares the words of one matter."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace

from benchmarks.affair import BASELINES, FORMS, affair_table, measured, sets
from benchmarks.affair_texts import DAYS, EVENTS_A_WEEK, LANGUAGES, affair
from benchmarks.story_sets import StorySet
from dedup.encoders import load_encoder
from dedup.text.sure_languages import sure_languages


def test_an_affair_is_the_same_for_the_same_seed() -> None:
    assert affair(pages=True, dated=True) == affair(pages=True, dated=True)
    assert affair(pages=True, dated=True) != affair(pages=True, dated=True, seed=2)


def test_events_do_not_depend_on_the_form_of_the_texts() -> None:
    pages, gold = affair(pages=True, dated=True)
    lines, of_lines = affair(pages=False, dated=False)
    assert gold == of_lines
    assert [one.language for one in pages] == [one.language for one in lines]
    assert all(one.published_at is None and not one.title for one in lines)
    assert all(one.published_at and one.title for one in pages)


def test_a_week_has_forty_events_in_six_languages() -> None:
    articles, gold = affair(pages=False, dated=True)
    assert len(set(gold.values())) == DAYS * EVENTS_A_WEEK // 7
    assert {article.language for article in articles} == set(LANGUAGES)
    days = [article.published_at for article in articles if article.published_at]
    assert (max(days) - min(days)).days >= DAYS - 2
    assert max(Counter(gold.values()).values()) <= 9
    kinds = defaultdict(set)
    for name in gold.values():
        kinds[name.split("-")[0]].add(name)
    assert len(kinds) == 8
    assert min(map(len, kinds.values())) >= 20


def test_no_two_lines_are_left_open_and_languages_are_those_of_the_words() -> None:
    articles, gold = affair(pages=True, dated=False)
    assert not [one for one in articles if "{" in one.title + one.text]
    languages = [one.language for one in articles]
    assert sure_languages([one.text for one in articles], languages) == languages
    # Of one event two texts may be equal; of two events none.
    owners = defaultdict(set)
    for one in articles:
        owners[one.title, one.text].add(gold[one.id])
    assert max(map(len, owners.values())) == 1


def test_the_table_has_ours_and_the_baselines() -> None:
    whole = sets()[list(FORMS).index("lines, dated")]
    few = set(sorted(set(whole.gold.values()))[:12])
    part = [article for article in whole.articles if whole.gold[article.id] in few]
    cuts = [replace(one, cuts=one.cuts[::6]) for one in BASELINES]
    row = measured(StorySet.of("lines, dated", part, whole.gold), load_encoder(), cuts)
    assert row["events"] == 12
    assert row["articles"] == len(part)
    assert row["largest_group"] >= 1
    lines = affair_table([row]).splitlines()
    assert len(lines) == 2 + 4 + 1 + len(BASELINES)
    assert re.match(r"\| dedup \| [01]\.\d{3} ", lines[6])
