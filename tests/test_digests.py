"""Texts that quote several others represent none of them, in batch, index and on Spark."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.compute.utf8 import Utf8Texts
from dedup.config import Config
from dedup.duplicates.clustering import NearDuplicates, find_near_duplicates
from dedup.duplicates.digests import digests
from dedup.duplicates.matches import Matches, Similarity, compare
from dedup.records import Article, CopyType
from dedup.result import Result
from tests.news_streams import START, HashingEncoder

CONFIG = Config()
LIMITS = CONFIG.near_duplicates
Prose = Callable[[int, int], str]


def words(seed: int, count: int) -> str:
    random = Random(seed)
    return " ".join(f"{random.choice('bcdfgklm')}{random.randrange(10**6)}" for _ in range(count))


BANK, NOVEL, STRIKE = words(1, 30), words(2, 60), words(3, 45)
BRIEFING = f"{BANK}\n{NOVEL}"


def clustered(texts: Sequence[str], hours: Sequence[float | None]) -> Result:
    articles = [
        Article(str(k), f"Title {k}", text, f"source{k}", at, "en")
        for k, (text, hour) in enumerate(zip(texts, hours, strict=True))
        for at in [None if hour is None else START + timedelta(hours=hour)]
    ]
    return dedup.cluster(articles, encoder=HashingEncoder())


def kinds(result: Result) -> dict[str, CopyType]:
    return {id: member.copy_type for id, (_, member) in result.duplicates_of.items()}


def representatives(result: Result) -> list[int]:
    found = result.duplicates_of
    return [int(found[str(k)][0].representative) for k in range(len(found))]


ORDERS = [*itertools.permutations((0.0, 1.0, 2.0)), (5.0, 5.0, 5.0), (None, None, None)]


@pytest.mark.parametrize("hours", ORDERS)
def test_a_digest_ties_nothing_whenever_it_comes(hours: Sequence[float | None]) -> None:
    result = clustered([BRIEFING, BANK, NOVEL], hours)
    assert representatives(result) == [0, 1, 2]
    assert kinds(result) == {"0": "digest", "1": "original", "2": "original"}
    assert result.story_of["1"][0] is not result.story_of["2"][0]


@pytest.mark.parametrize(
    ("hours", "first"),
    [((0, 1), 0), ((1, 0), 1), ((3, 3), 0), ((None, None), 0), ((None, 1), 1)],
)
def test_with_one_text_inside_it_is_its_copy_and_the_earlier_then_the_longer_represents(
    hours: Sequence[float | None], first: int
) -> None:
    result = clustered([BRIEFING, BANK], hours)
    assert representatives(result) == [first, first]
    assert kinds(result)[str(1 - first)] == "contained"


def test_why_says_what_a_digest_is_and_how_much_of_the_other_it_has() -> None:
    result = clustered([BRIEFING, BANK, NOVEL, words(8, 40)], (0, 1, 2, 3))
    sentence = result.why("1", "0").sentence
    assert "One is a digest: it has the whole of the other (containment 1.00)" in sentence
    assert "copies of one text" not in result.why("1", "2").sentence
    assert "One is a digest of texts" in result.why("3", "0").sentence
    contained = clustered([BRIEFING, BANK], (0, 1)).why("0", "1").sentence
    assert contained.startswith(
        "Together: copies of one text: one lies inside the other (containment 1.00, Jaccard "
    )


def test_versions_of_one_text_make_no_digest_of_the_page_that_has_them_all() -> None:
    longer = f"{BANK} {words(9, 10)}"
    longest = f"{longer} {words(10, 40)}"
    result = clustered([longest, BANK, longer], (0, 1, 2))
    assert representatives(result) == [0, 0, 0]


def test_copies_among_what_it_quotes_keep_their_clusters() -> None:
    edited = NOVEL.replace(NOVEL.split()[30], "edited")
    digest = f"{NOVEL}\n{edited}\n{BANK}"
    result = clustered([digest, NOVEL, edited, BANK], (0, 1, 2, 3))
    assert representatives(result) == [0, 1, 1, 3]
    assert kinds(result)["0"] == "digest"


def test_a_digest_of_a_digest_is_one() -> None:
    result = clustered([f"{BRIEFING}\n{STRIKE}", BRIEFING, BANK, NOVEL], (0, 1, 2, 3))
    assert representatives(result) == [0, 1, 2, 3]
    assert kinds(result) == {"0": "digest", "1": "digest", "2": "original", "3": "original"}


def test_a_page_that_has_a_digest_and_no_article_is_one() -> None:
    # Only 85 % of each article is in the page, which is enough of the digest for none of them.
    cut = " ".join(BANK.split()[:-2])
    page = f"{words(20, 300)} {cut}\n{NOVEL} {words(21, 200)}"
    found = find_near_duplicates([page, BRIEFING, BANK, NOVEL])
    assert found.is_digest.tolist() == [True, True, False, False]


def test_reprints_of_a_digest_are_its_copies() -> None:
    edited = BRIEFING.replace(NOVEL.split()[20], "edited")
    result = clustered([BRIEFING, BRIEFING, edited, BANK, NOVEL], (0, 1, 2, 3, 4))
    assert representatives(result) == [0, 0, 0, 3, 4]
    assert list(kinds(result).values()) == ["digest", "exact", "near", "original", "original"]


def test_nearly_the_same_text_is_a_copy_whatever_else_it_has_and_never_represents_it() -> None:
    """An article with the teaser of another one below is still that article."""
    teaser = " ".join(STRIKE.split()[:26])
    article = words(5, 120)
    result = clustered([f"{article}\n{teaser}", article, teaser], (0, 1, 2))
    assert representatives(result) == [1, 1, 2]
    assert kinds(result) == {"0": "near", "1": "original", "2": "original"}


def test_without_one_of_the_quoted_texts_it_is_a_copy_again(tmp_path: object) -> None:
    articles = [
        Article(str(k), "", text, "", START + timedelta(hours=k), "en")
        for k, text in enumerate([BRIEFING, BANK, NOVEL])
    ]
    with dedup.StoryIndex.open(str(tmp_path), encoder=HashingEncoder()) as index:
        for article in articles:
            index.add(article)

        def types() -> list[str]:
            ids = [a.id for a in articles if a.id in {"0", "1", *there}]
            return [index.placement(id).copy_type for id in ids]

        there = {"2"}
        assert types() == ["digest", "original", "original"]
        index.remove("2")
        there = set()
        assert types() == ["original", "contained"]
        assert index.placement("1").representative == "0"
        index.add(articles[2])
        there = {"2"}
        assert types() == ["digest", "original", "original"]
        index.update(replace(articles[2], text=words(7, 50)))
        assert types() == ["original", "contained", "original"]


def test_a_query_that_quotes_several_texts_is_no_copy_of_them(tmp_path: object) -> None:
    quoted = [Article(str(k), "", text, "", START, "en") for k, text in enumerate([BANK, NOVEL])]
    digest = Article("q", "", BRIEFING, "", START + timedelta(hours=1), "en")
    with dedup.StoryIndex.open(str(tmp_path), encoder=HashingEncoder()) as index:

        def copies(article: Article) -> list[str]:
            return [copy.a for copy in index.query(article).duplicates]

        index.add(quoted[0])
        assert copies(digest) == ["0"]
        index.add(quoted[1])
        assert copies(digest) == []
        assert copies(replace(digest, text=f"{BRIEFING} {BRIEFING[:20]}")) == []
        # What `query` says is what `add` does, and the index is as it was before.
        assert index.placement("0").copy_type == index.placement("1").copy_type == "original"
        told = index.query(digest)
        index.add(replace(digest, id="d"))
        assert index.placement("d").copy_type == "digest"
        assert told.story_group in ("", index.placement("d").story_group)
        # Another print of a digest is its copy, and of nothing that it quotes.
        assert copies(replace(digest, text=f"{words(9, 3)} {BRIEFING}")) == ["d"]
        assert copies(replace(digest, text=f"{BRIEFING} {STRIKE}")) == []
        index.remove("1")
        index.remove("d")
        assert copies(digest) == ["0"]


def test_versions_in_a_query_make_it_no_digest(tmp_path: object) -> None:
    article = words(5, 60)
    page = Article("q", "", f"{article}\n{words(6, 20)}", "", START, "en")
    with dedup.StoryIndex.open(str(tmp_path), encoder=HashingEncoder()) as index:
        for k, part in enumerate([article, " ".join(article.split()[:40])]):
            index.add(Article(str(k), "", part, "", START, "en"))
        assert {copy.a for copy in index.query(page).duplicates} == {"0", "1"}


def test_the_digest_stands_in_the_story_that_it_fits_best_and_moves_no_other() -> None:
    names = "Keltra Sorel Brenn Lindmar Orrin Tolvar"
    told = [f"{words(k, 12)} {names} {words(50, 25)}" for k in (31, 32, 33)]
    digest = f"{told[0]}\n{BANK}"
    plain = clustered([words(77, 30), *told, BANK], (0, 1, 2, 3, 4))
    result = clustered([digest, *told, BANK], (0, 1, 2, 3, 4))
    for one in (plain, result):
        assert {member.id for member in one.story_of["1"][0].members} - {"0"} == {*"123"}
    assert result.story_of["4"][0] is not result.story_of["1"][0]
    assert result.story_of["0"][0] in (result.story_of["1"][0], result.story_of["4"][0])


# --- Against the definition, written down the slow way.


def oracle(texts: Sequence[str]) -> list[bool]:
    """The definition, with every pair compared."""
    count = len(texts)
    found = {
        (a, b): compare(texts[a], texts[b])
        for a, b in itertools.permutations(range(count), 2)
        if texts[a] != texts[b]
    }

    def alike(a: int, b: int) -> bool:
        one = found[a, b]
        fewest, most = sorted(len(texts[text].split()) for text in (a, b))
        enough = fewest >= (12 if most < 100 else 25)
        return one.jaccard >= LIMITS.min_jaccard or (
            one.containment >= LIMITS.min_containment and enough
        )

    def inside(part: int, whole: int) -> bool:
        one = found.get((part, whole))
        if one is None or not alike(part, whole):
            return False
        return one.containment_a >= LIMITS.min_containment and one.containment_a > one.containment_b

    known = [False] * count
    for _ in range(count):
        for whole in range(count):
            parts = [part for part in range(count) if inside(part, whole)]
            if not parts:
                continue
            core = min(parts, key=lambda part: (-found[part, whole].jaccard, part))
            others = [p for p in parts if found[p, whole].jaccard < LIMITS.min_jaccard]
            apart = any(texts[p] != texts[core] and not alike(p, core) for p in others)
            known[whole] = apart or any(known[part] for part in parts)
    return known


@settings(max_examples=100)
@given(st.integers(12, 30), st.integers(12, 30), st.integers(0, 300), st.integers(0, 9_999))
def test_short_items_of_a_briefing_are_found_for_certain_or_are_no_copies(
    first: int, second: int, rest: int, seed: int
) -> None:
    items = [words(seed, first), words(seed + 10_000, second)]
    briefing = "\n".join([*items, words(seed + 20_000, rest)])
    found = find_near_duplicates([briefing, *items])
    certain = sum(size >= (12 if first + second + rest < 100 else 25) for size in (first, second))
    assert found.is_digest.tolist() == [certain == 2, False, False]
    assert found.representatives[1] != found.representatives[2]


PIECES = [words(100 + k, 10 + 9 * k) for k in range(6)]
PAGES = st.lists(
    st.lists(st.sampled_from(range(len(PIECES))), min_size=1, max_size=4, unique=True),
    min_size=1,
    max_size=9,
)


def texts_of(pages: Sequence[Sequence[int]]) -> list[str]:
    return list(dict.fromkeys(" ".join(PIECES[k] for k in page) for page in pages))


@settings(max_examples=60)
@given(PAGES, st.booleans())
def test_digests_are_those_of_the_definition(pages: list[list[int]], compiled: bool) -> None:
    texts = texts_of(pages)
    found = find_near_duplicates(texts, compiled=compiled)
    assert found.is_digest.tolist() == oracle(texts)
    check_ties(texts, found)


def check_ties(texts: Sequence[str], found: NearDuplicates) -> None:
    matches = found.matches.as_dict()
    for text, leader in enumerate(found.representatives.tolist()):
        if text == leader:
            continue
        similarity = matches[min(text, leader), max(text, leader)]
        near = similarity.jaccard >= LIMITS.min_jaccard
        assert near or not (found.is_digest[text] or found.is_digest[leader])
        assert found.is_digest[text] or not found.is_digest[leader]
        assert similarity == compare(texts[min(text, leader)], texts[max(text, leader)])


@settings(max_examples=40)
@given(PAGES, st.randoms(use_true_random=False))
def test_digests_do_not_depend_on_the_order(pages: list[list[int]], random: Random) -> None:
    texts = texts_of(pages)
    shuffled = random.sample(texts, len(texts))
    found = dict(zip(texts, find_near_duplicates(texts).is_digest.tolist(), strict=True))
    again = dict(zip(shuffled, find_near_duplicates(shuffled).is_digest.tolist(), strict=True))
    assert found == again


def test_pairs_that_were_no_candidates_are_asked_for() -> None:
    inside = {(0, 2): Similarity(0.3, 0.95, 0.3), (1, 2): Similarity(0.2, 1.0, 0.2)}
    found, missing = digests(3, Matches.of_dict(inside), LIMITS)
    assert found.tolist() == [False, False, True]
    assert missing.tolist() == [[0, 1]]
    known = Matches.of_dict(inside | {(0, 1): Similarity(0.1, 0.1, 0.95)})
    found, missing = digests(3, known, LIMITS)
    assert not found.any()
    assert missing.shape == (0, 2)


def test_nothing_has_no_digests() -> None:
    found, missing = digests(0, Matches.of_dict({}), LIMITS)
    assert found.shape == (0,)
    assert missing.shape == (0, 2)
    assert np.array_equal(find_near_duplicates(Utf8Texts.of([""])).is_digest, [False])
