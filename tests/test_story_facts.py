"""What people want to know of a story: from its texts alone, and as a slow look finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.compute.arrays import Int64s
from dedup.description.key_terms import MAX_KEY_TERMS, MIN_BITS, calendar_terms, joined_pieces
from dedup.description.names import MAX_NAMES, story_names
from dedup.description.representatives import representative_texts
from dedup.description.terms import story_terms
from dedup.records import Article
from dedup.result import Result
from dedup.stories.affinity import probability_of
from dedup.stories.linked_groups import Group
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, term_weights
from dedup.text.terms import placed_terms, spelled_terms

DAY = datetime(2024, 3, 4, 8, tzinfo=UTC)
NO_DATES = np.empty(0, np.uint64)


def grouped(scores: Sequence[Sequence[int]]) -> Group:
    """The group of all texts with those log-odds."""
    matrix = np.array(scores, np.int64)
    members = np.arange(len(matrix))
    if len(members) == 1:
        return Group(members, 0, np.empty(0))
    sums = matrix.sum(axis=1)
    return Group(members, int(sums.argmax()), sums / (len(members) - 1))


def numbers(*members: Sequence[int]) -> list[Int64s]:
    return [np.array(each, np.int64) for each in members]


# --- representatives ---


def test_each_language_is_represented_by_its_most_central_text() -> None:
    group = grouped([[0, 900, 100, 500], [900, 0, 900, 500], [100, 900, 0, 0], [500, 500, 0, 0]])
    found = representative_texts(group, ["en", "en", "ar", "ar"], [False] * 4)
    assert dict(found.by_language) == {"ar": 2, "en": 1}
    assert list(found.by_language) == ["ar", "en"]
    # 2 and 3 have sums of 1000 each: the earlier one is the least likely, and the most central.
    assert found.least_likely == 2


def test_a_group_of_one_has_no_least_likely_text_and_no_cohesion() -> None:
    found = representative_texts(grouped([[0]]), [""], [False])
    assert (dict(found.by_language), found.least_likely, found.cohesion) == ({}, None, None)


@given(st.integers(2, 7).flatmap(lambda n: st.lists(st.integers(-9_000, 9_000), min_size=n * n)))
def test_cohesion_is_that_of_the_mean_over_all_pairs(values: list[int]) -> None:
    size = int(len(values) ** 0.5)
    half = np.triu(np.array(values[: size * size]).reshape(size, size), 1)
    group = grouped((half + half.T).tolist())
    pairs = half[np.triu_indices(size, 1)]
    found = representative_texts(group, ["en"] * size, [False] * size)
    assert found.cohesion == probability_of(pairs.sum() / len(pairs))
    assert found.least_likely == int((half + half.T).sum(axis=1).argmin())


# --- key terms ---


def slow_key_terms(texts: Sequence[str]) -> list[str]:
    """Key terms of texts of one language without months, one text after the other."""
    alone = len(texts) == 1
    worth: Counter[int] = Counter()
    spelling: dict[int, str] = {}
    for text in texts:
        found = spelled_terms([text])
        # A group of one text counts how often a term stands in it.
        worth.update(placed_terms([text]).terms.hashes.tolist() if alone else found.keys())
        for each, word in found.items():
            spelling.setdefault(each, word)
    english = np.repeat(language_numbers(["en"]), len(worth))
    weights = term_weights(np.array(list(worth), np.uint64), english).tolist()
    bits = dict(zip(worth, weights, strict=True))
    kept = [
        each
        for each in spelling
        if bits[each] * WEIGHT_UNIT >= MIN_BITS and (alone or worth[each] >= 2)
    ]
    # Sorting is stable: of equal ones the first met in reading order stays first.
    kept.sort(key=lambda each: (-worth[each] * bits[each], -bits[each]))
    return [spelling[each] for each in kept[:MAX_KEY_TERMS]]


WORDS = ["the", "river", "Vantongeren", "Brackwater", "dike", "Pyongyang", "zzyzx", "of", "chinook"]
TEXTS = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), min_size=1, max_size=4
)


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_key_terms_are_those_of_a_slow_look_and_of_the_group_alone(groups: list[list[str]]) -> None:
    leads = [text for texts in groups for text in texts]
    ends = np.cumsum([len(texts) for texts in groups])
    members = [np.arange(end - len(t), end) for end, t in zip(ends, groups, strict=True)]
    found = story_terms(members, leads, ["en"] * len(leads))
    assert [list(each) for each in found.key_terms] == [slow_key_terms(texts) for texts in groups]


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = ["Vantongeren in Brackwater", "Brackwater floods", "Pyongyang", "Pyongyang zzyzx"]
    members = numbers([0, 1], [2], [3])
    whole = story_terms(members, leads, ["en"] * 4)
    monkeypatch.setattr("dedup.description.terms._TEXTS_AT_ONCE", 1)
    parts = story_terms(members, leads, ["en"] * 4)
    assert parts.key_terms == whole.key_terms
    assert np.array_equal(parts.weights.toarray(), whole.weights.toarray())
    assert np.array_equal(parts.hashes, whole.hashes)


def test_months_and_days_are_no_key_terms_in_their_language() -> None:
    german = ["Am Donnerstag, 14. Februar, tagte der Brackwater Deichrat.", "Februar Brackwater"]
    found = story_terms(numbers([0, 1]), german, ["de", "de"]).key_terms[0]
    assert found == ("brackwater",)
    assert "februar" in story_terms(numbers([0, 1]), german, ["en", "en"]).key_terms[0]
    assert len(calendar_terms("no such language")) == 0


def test_terms_of_a_group_are_confirmed_by_a_second_text_where_there_are_many() -> None:
    leads = ["zzyzx chinook", "chinook", "chinook", "Abernathy"]
    languages = ["en", "en", "en", "de"]
    found = story_terms(numbers([0, 1, 2, 3]), leads, languages)
    columns = range(len(found.hashes))
    spelled = found.spelled([(0, columns)])
    # `zzyzx` stands in one of three English texts; the only German one needs no second.
    assert set(spelled.values()) == {"chinook", "abernathy"}
    assert story_terms(numbers([0, 1]), leads, languages).weights.nnz == 2


def test_pieces_of_a_word_without_spaces_are_joined() -> None:
    text = "习近平会见拉夫罗夫。习近平说，会见"
    found = story_terms(numbers([0, 1]), [text, text], ["zh", "zh"]).key_terms[0]
    assert any("拉夫罗夫" in term for term in found)
    assert all(term in text for term in found)
    assert joined_pieces(["abc", "cde"], "abcde") == ("abc", "cde")


# --- names ---


def names(*texts: str, languages: Sequence[str] = ()) -> tuple[str, ...]:
    [found] = story_names([(texts, languages or ["en"] * len(texts))], lambda _: NO_DATES)
    return found


def test_a_name_stands_in_several_texts_and_is_whole() -> None:
    first = "The mayor, Ilse Vantongeren, closed a bridge. Later Vantongeren left for Zzyzx."
    second = "Said mayor Ilse Vantongeren on the radio: the old bridge is closed for good."
    assert names(first, second) == ("Ilse Vantongeren",)
    assert set(names(first)) == {"Ilse Vantongeren", "Zzyzx"}


def test_the_first_word_of_a_sentence_is_no_name_unless_it_is_one_elsewhere() -> None:
    texts = ("Zzyzx closed its old road. Chinook winds blew over it.",) * 2
    assert names(*texts) == ()
    assert names(*texts, "They went to Zzyzx by car.") == ("Zzyzx",)


def test_a_part_that_is_more_often_said_alone_is_the_name() -> None:
    texts = ["They saw Vantongeren there again."] * 5 + [
        "They saw Ilse Vantongeren there again."
    ] * 2
    assert names(*texts) == ("Vantongeren",)


def test_titles_in_capitals_dates_and_endings() -> None:
    title = "Zzyzx Closes Chinook Road For Good"
    assert names(title, title) == ()
    monday = ["dün Pazartesi günü oradan Zzyzx yoluna geldiler"] * 2
    turkish, unknown = story_names([(monday, ["tr"] * 2), (monday, [""] * 2)], calendar_terms)
    assert (turkish, set(unknown)) == (("Zzyzx",), {"Pazartesi", "Zzyzx"})
    endings = names("they saw Putin'in and O'Brien in Saint-Denis here")
    assert set(endings) == {"O'Brien", "Saint-Denis", "Putin"}


def test_german_nouns_are_no_names_and_scripts_without_case_have_none() -> None:
    german = "Gestern sah der Bagger im Blockland einen Eichenstamm von Ilse Vantongeren liegen."
    assert names(german, german, languages=["de", "de"]) == ("Ilse Vantongeren",)
    english = "They say that Blockland has an oak of old, seen by all who came."
    assert "Blockland" in names(german, english, languages=["de", "en"])
    assert names("习近平会见拉夫罗夫", "习近平说", languages=["zh", "zh"]) == ()
    assert names("وصل الوزير إلى بكين اليوم", languages=["ar"]) == ()


def test_there_are_few_names() -> None:
    text = "they saw " + ", then ".join(f"Zz{letter}yzx" for letter in "abcdefghijkl")
    assert len(names(text, text)) == MAX_NAMES


# --- in a result ---


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> Result:
    return dedup.cluster(dedup.read_articles([seeds_path]))


def test_facts_of_the_seeds(seeds: Result) -> None:
    for story in seeds.story_groups:
        assert set(story.headlines) == set(story.languages) - {""}
        assert not story.headlines or story.headline in story.headlines.values()
        times = [seeds.by_id[member.id].published_at for member in story.members]
        assert seeds.by_id[story.first_article].published_at == story.first_seen
        assert story.first_seen in times
        assert len(story.key_terms) <= MAX_KEY_TERMS and len(story.names) <= MAX_NAMES
        if story.texts == 1:
            assert story.cohesion is None and story.least_likely_member is None
        else:
            chances = [member.probability or 0.0 for member in story.members]
            assert story.least_likely_member in story.members
            assert story.least_likely_member and story.least_likely_member.probability == min(
                chances
            )
            assert story.cohesion is not None
            assert min(chances) <= story.cohesion <= max(chances)
    [cricket] = [s for s in seeds.story_groups if "clasico-es-1" in {m.id for m in s.members}]
    assert "Jude Bellingham" in cricket.names
    assert "Bellingham" in cricket.key_terms


def test_facts_do_not_depend_on_other_articles(seeds: Result) -> None:
    story = next(story for story in seeds.story_groups if 2 < story.texts < 6)
    articles = [seeds.by_id[member.id] for member in story.members]
    other = Article("zzz", "Zzyzx", "Something else entirely befell the town of Zzyzx.", "", DAY)
    for alone in (articles, [*reversed(articles), other]):
        assert story in dedup.cluster(alone).story_groups


def test_story_groups_can_be_members_of_a_set(seeds: Result) -> None:
    assert len(set(seeds.story_groups)) == len(seeds.story_groups)


def test_facts_are_saved_in_every_format(seeds: Result, tmp_path: Path) -> None:
    seeds.save_stories(tmp_path / "s.parquet")
    rows = pq.read_table(tmp_path / "s.parquet", columns=["headlines", "least_likely_probability"])
    first, story = rows.to_pylist()[0], seeds.story_groups[0]
    assert dict(first["headlines"]) == dict(story.headlines)
    assert story.least_likely_member
    assert first["least_likely_probability"] == story.least_likely_member.probability
    seeds.save_stories(tmp_path / "s.csv")
    assert '{""ar"": ' in (tmp_path / "s.csv").read_text("utf-8")


@given(st.permutations(range(6)))
def test_the_order_of_the_articles_does_not_matter(order: list[int]) -> None:
    lead = "Krakatau erupts over Banten, says the observatory of Pasauran"
    articles = [
        Article(str(k), f"{lead} {k}", f"{lead}. Fishermen of Labuan {'fled ' * k}to {k} ports.")
        if k < 4
        else Article(str(k), "Zzyzx", f"Chinook winds of {k} blew over Zzyzx.", "", DAY)
        for k in range(6)
    ]
    expected = dedup.cluster(articles)
    found = dedup.cluster([articles[k] for k in order])
    assert found.story_groups == expected.story_groups
    assert found.related == expected.related


def test_a_story_is_first_told_by_its_earliest_article() -> None:
    text = "Krakatau erupts over Banten, says the observatory of Pasauran. " * 3
    articles = [
        Article("late", text=text, published_at=DAY + timedelta(hours=2)),
        Article("none", text=text),
        Article("early", text=text, published_at=DAY),
    ]
    [story] = dedup.cluster(articles).story_groups
    assert story.first_article == "early"
