"""Relations between story groups: the rule, as a slow loop over all pairs applies it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.articles import UNDATED
from dedup.config import RelatedStoriesConfig
from dedup.description.relations import ACROSS, ACROSS_BITS, story_relations
from dedup.description.terms import story_terms
from dedup.encoders.whole_vectors import whole_vectors
from dedup.errors import ConfigError
from dedup.records import StoryGroup, StoryRelation
from dedup.result import RELATED_COLUMNS
from dedup.stories.linked_groups import Group
from dedup.text.names import are_names
from dedup.text.rarity import WEIGHT_UNIT, language_numbers, term_weights

HOUR, DAY = 3_600, 86_400
DAY_ONE = datetime(2024, 3, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A story of this test: texts with their times in hours, a direction, names."""

    texts: tuple[str, ...]
    hours: tuple[float | None, ...] = (0.0,)
    angle: float = 0.0
    names: tuple[str, ...] = ()
    language: str = "en"


def relations(
    told: Sequence[Told], config: RelatedStoriesConfig = RelatedStoriesConfig()
) -> list[StoryRelation]:
    """Relations of stories that are given by the time of their first text."""
    groups, stories, vectors = [], [], []
    leads: list[str] = []
    seconds: list[int] = []
    for number, each in enumerate(told):
        members = np.arange(len(leads), len(leads) + len(each.texts))
        groups.append(Group(members, int(members[0]), np.zeros(len(members))))
        stories.append(described(str(number), each.names))
        leads.extend(each.texts)
        hours = [each.hours[min(k, len(each.hours) - 1)] for k in range(len(each.texts))]
        seconds.extend(UNDATED if hour is None else int(hour * HOUR) for hour in hours)
        vectors.extend([(np.cos(each.angle), np.sin(each.angle))] * len(each.texts))
    whole = whole_vectors(np.array(vectors, np.float32).reshape(-1, 2))
    terms = story_terms([group.members for group in groups], leads, languages_of(told))
    found = story_relations(groups, stories, whole, np.array(seconds, np.int64), terms, config)
    return list(found)


def languages_of(told: Sequence[Told]) -> list[str]:
    return [each.language for each in told for _ in each.texts]


def described(name: str, names: tuple[str, ...]) -> StoryGroup:
    return StoryGroup(
        name, name, {}, name, None, None, 1, (), (), (), names, None, None, members=()
    )


FLOOD = "Vantongeren Brackwater zzyzx chinook"
KEEP = RelatedStoriesConfig(min_shared_idf_bits=20.0)


def test_stories_that_share_rare_words_and_sound_alike_are_tied() -> None:
    [relation] = relations([Told((FLOOD,)), Told((f"{FLOOD} again",), (30,), angle=0.5)])
    assert (relation.earlier, relation.later, relation.kind) == ("0", "1", "follow_up")
    assert relation.cosine == pytest.approx(np.cos(0.5), abs=1e-3)
    assert relation.gap == timedelta(hours=30)
    assert set(relation.shared_terms) == set(FLOOD.split())
    hashes = story_terms([np.array([0])], [FLOOD], ["en"]).hashes
    hashes = hashes[~are_names(hashes)]
    english = np.repeat(language_numbers(["en"]), len(hashes))
    assert relation.shared_bits == term_weights(hashes, english).sum() * WEIGHT_UNIT
    config = RelatedStoriesConfig()
    gap, unit = 30 * HOUR, config.max_gap.total_seconds()
    share = relation.shared_bits / (relation.shared_bits + config.min_shared_idf_bits)
    expected = relation.cosine * share * (unit / (unit + gap)) ** 0.5
    assert relation.strength == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize(
    "other",
    [
        Told((FLOOD,), (30,), angle=1.3),
        Told(("the river of the town and Brackwater",), (30,)),
        Told((FLOOD,), (24 * 15,), names=("Brackwater",)),
        Told((FLOOD,), (24 * 181,), names=("Vantongeren",)),
    ],
    ids=["unlike", "few words", "another name", "too late"],
)
def test_others_are_not_tied(other: Told) -> None:
    assert relations([Told((FLOOD,), names=("Vantongeren",)), other]) == []


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ((0,), (6,), "related"),
        ((0,), (6.1,), "follow_up"),
        ((0,), (24 * 14,), "follow_up"),
        ((0,), (24 * 14.1,), "background"),
        ((0,), (24 * 180,), "background"),
        ((0,), (None,), "related"),
        ((None,), (None,), "related"),
        # The later one began before half of the earlier one was told, and after.
        ((0, 40, 50), (30,), "related"),
        ((0, 20, 50), (30,), "follow_up"),
    ],
)
def test_what_a_tie_is_depends_on_time(
    first: tuple[float | None, ...], second: tuple[float | None, ...], kind: str
) -> None:
    name = ("Vantongeren",)
    told = [Told((FLOOD,) * len(first), first, names=name), Told((FLOOD,), second, names=name)]
    [relation] = relations(told)
    assert relation.kind == kind
    assert relation.shared_names == name
    assert (relation.gap is None) == (None in (*first, *second))


def test_background_without_names_needs_much_more() -> None:
    late = (24 * 30,)
    assert relations([Told((FLOOD,)), Told((FLOOD,), late)], KEEP) == []
    much = f"{FLOOD} Pyongyang Kirkwall Abernathy"
    [relation] = relations([Told((much,)), Told((much,), late)], KEEP)
    assert relation.kind == "background"
    assert relations([Told((much,), names=("A",)), Told((much,), late, names=("B",))], KEEP) == []


def test_terms_of_many_stories_do_not_count() -> None:
    told = [Told((FLOOD,), (number * 10,)) for number in range(4)]
    assert len(relations(told)) == 6
    assert relations(told, RelatedStoriesConfig(max_term_groups=3)) == []


def test_terms_of_one_story_alone_do_not_tie() -> None:
    assert relations([Told((FLOOD,)), Told(("Pyongyang Kirkwall Abernathy",))]) == []
    assert relations([Told((FLOOD,))]) == relations([]) == []


def test_a_story_has_few_ties_and_they_are_the_strongest() -> None:
    told = [Told((FLOOD,), (20 * number,), angle=0.05 * number) for number in range(9)]
    everything = relations(told, RelatedStoriesConfig(max_related=99))
    assert len(everything) == 36
    strongest = max(relation.strength for relation in everything)
    for most in (0, 1, 3):
        found = relations(told, RelatedStoriesConfig(max_related=most))
        counts = Counter(end for relation in found for end in (relation.earlier, relation.later))
        assert max(counts.values(), default=0) == most
        assert max((relation.strength for relation in found), default=0) == (
            strongest if most else 0
        )


def slow_ties(told: Sequence[Told], config: RelatedStoriesConfig) -> set[tuple[str, str, str]]:
    """The rule, pair by pair, with exact integers where it says so."""
    leads = [text for each in told for text in each.texts]
    ends = np.cumsum([len(each.texts) for each in told])
    members = [np.arange(end - len(each.texts), end) for end, each in zip(ends, told, strict=True)]
    terms = story_terms(members, leads, languages_of(told))
    weights, named = terms.weights.toarray(), are_names(terms.hashes)
    groups = (weights > 0).sum(axis=0)
    weights[:, (groups < 2) | (groups > config.max_term_groups)] = 0
    found = []
    for b in range(len(told)):
        for a in range(b):
            both = np.where(weights[a] * weights[b] > 0, weights[a] + weights[b], 0)
            of_terms, of_names = (float(both[which].sum()) / 2 for which in (~named, named))
            bits = max(of_terms, of_names) * WEIGHT_UNIT
            across = (of_names - of_terms) * WEIGHT_UNIT >= ACROSS_BITS
            vectors = [
                len(told[k].texts)
                * whole_vectors(
                    np.array([np.cos(told[k].angle), np.sin(told[k].angle)], np.float32)
                )
                for k in (a, b)
            ]
            cosine = float(vectors[0] @ vectors[1]) / float(
                np.linalg.norm(vectors[0].astype(float)) * np.linalg.norm(vectors[1].astype(float))
            )
            kind, fade = slow_kind(told[a], told[b], bits, config, across)
            enough = across or bits >= config.min_shared_idf_bits
            if kind and enough and cosine >= config.min_cosine * (ACROSS if across else 1):
                strength = cosine * bits / (bits + config.min_shared_idf_bits) * fade
                found.append((-round(strength, 9), a, b, kind))
    left = Counter(dict.fromkeys(range(len(told)), config.max_related))
    taken = set()
    for _, a, b, kind in sorted(found):
        if left[a] and left[b]:
            left[a] -= 1
            left[b] -= 1
            taken.add((str(a), str(b), kind))
    return taken


def slow_kind(
    a: Told, b: Told, bits: float, config: RelatedStoriesConfig, across: bool
) -> tuple[str, float]:
    unit = config.max_gap.total_seconds()
    if a.hours[0] is None or b.hours[0] is None:
        return "related", 0.5**0.5
    gap = (b.hours[0] - a.hours[0]) * HOUR
    fade = (unit / (unit + gap)) ** 0.5
    if gap <= 6 * HOUR:
        return "related", fade
    if gap <= unit:
        return "follow_up", fade
    alike = across or bool(set(a.names) & set(b.names))
    shared = alike and bits >= 1.25 * config.min_shared_idf_bits
    nameless = not (a.names and b.names) and bits >= 3 * config.min_shared_idf_bits
    if gap <= config.max_background_gap.total_seconds() and (shared or nameless):
        return "background", fade
    return "", 0.0


RARE = ["Vantongeren", "Brackwater", "zzyzx", "chinook", "Pyongyang", "Kirkwall", "Abernathy"]
RUSSIAN = ["Пхеньян", "Меркель", "Макрон", "Эрдоган", "Каракас", "паводок"]
ENGLISH = ["Pyongyang", "Merkel", "Macron", "Erdogan", "Caracas", "chinook"]


def told_in(words: Sequence[str], language: str) -> st.SearchStrategy[Told]:
    return st.builds(
        Told,
        st.lists(st.sampled_from(words), min_size=2, max_size=7).map(lambda w: (" ".join(w),)),
        st.sampled_from([0, 50, 24 * 13, 24 * 20, None]).map(lambda hour: (hour,)),
        st.sampled_from([0.0, 0.3, 0.8, 1.15, 1.4]),
        st.just(()),
        st.just(language),
    )


TOLD = st.builds(
    Told,
    st.lists(
        st.lists(st.sampled_from(RARE), min_size=2, max_size=7).map(" ".join),
        min_size=1,
        max_size=2,
    ).map(tuple),
    st.sampled_from([0, 3, 50, 24 * 13, 24 * 20, 24 * 100, 24 * 300, None]).map(lambda h: (h,)),
    st.sampled_from([0.0, 0.3, 0.8, 1.4]),
    st.sampled_from([(), ("Vantongeren",), ("Kirkwall", "Zzyzx")]),
)


def in_time(told: Sequence[Told]) -> list[Told]:
    return sorted(told, key=lambda each: (each.hours[0] is None, each.hours[0] or 0.0))


@given(st.lists(TOLD, max_size=9), st.integers(1, 4), st.integers(2, 9))
def test_ties_are_those_of_the_slow_rule(told: list[Told], max_related: int, common: int) -> None:
    config = RelatedStoriesConfig(
        max_related=max_related, max_term_groups=common, min_shared_idf_bits=24.0
    )
    ordered = in_time(told)
    found = {
        (relation.earlier, relation.later, relation.kind) for relation in relations(ordered, config)
    }
    assert found == slow_ties(ordered, config)


@given(st.lists(told_in(RUSSIAN, "ru") | told_in(ENGLISH, "en"), max_size=8), st.integers(2, 9))
def test_ties_across_languages_are_those_of_the_slow_rule(told: list[Told], common: int) -> None:
    config = RelatedStoriesConfig(max_term_groups=common)
    ordered = in_time(told)
    found = {(one.earlier, one.later, one.kind) for one in relations(ordered, config)}
    assert found == slow_ties(ordered, config)


def test_stories_in_four_scripts_are_tied_by_their_names() -> None:
    texts = {
        "en": "Erdogan and Merkel met in Caracas, and Macron was there.",
        "ru": "Эрдоган и Меркель встретились в Каракасе, был там и Макрон.",
        "ar": "التقى أردوغان وميركل في كاراكاس وكان ماكرون هناك.",
        "zh": "埃尔多安和默克尔在加拉加斯会面，马克龙也在场。",
    }
    told = [Told((text,), (number,), language=code) for number, (code, text) in
            enumerate(texts.items())]  # fmt: skip
    found = relations(told)
    assert len(found) == 6
    assert (
        "Эрдоган"
        in next(one for one in found if (one.earlier, one.later) == ("1", "2")).shared_names
    )
    # Two names are not enough, and vectors have to be alike.
    few = Told(("埃尔多安说",), (5,), language="zh")
    assert relations([told[0], few]) == []
    assert relations([told[0], replace(told[3], angle=1.3)]) == []


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = random.Random(4)
    told = in_time(
        [
            Told((" ".join(generator.sample(RARE, 5)),), (generator.randrange(900),), k / 40)
            for k in range(40)
        ]
    )
    expected = relations(told)
    assert len(expected) > 20
    monkeypatch.setattr("dedup.description.relations._ENTRIES_AT_ONCE", 30)
    monkeypatch.setattr("dedup.description.relations._PAIRS_AT_ONCE", 7)
    assert relations(told) == expected


def test_a_crowd_of_like_stories_keeps_to_its_strongest(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Told((FLOOD,), (10 * number,)) for number in range(30)]
    monkeypatch.setattr("dedup.description.relations.STRONGEST", 2)
    found = relations(told)
    assert all(int(relation.later) - int(relation.earlier) <= 2 for relation in found)
    assert {relation.later for relation in found} == {str(number) for number in range(1, 30)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_cosine": 2.0},
        {"min_shared_idf_bits": 0.0},
        {"max_related": -1},
        {"max_term_groups": 1},
        {"max_gap": timedelta(days=-1)},
        {"max_background_gap": timedelta(days=1)},
    ],
)
def test_unusable_limits_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        RelatedStoriesConfig(**wrong)  # type: ignore[arg-type]


# --- in a result ---


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> dedup.Result:
    return dedup.cluster(dedup.read_articles([seeds_path]))


def test_an_election_has_its_first_round_as_background(seeds: dedup.Result) -> None:
    first, second = (seeds.story_of[each][0].id for each in ("arg1-es-1", "arg2-es-1"))
    [relation] = [each for each in seeds.related if each.later == second and each.earlier == first]
    assert relation.kind == "background"
    assert "Javier Milei" in relation.shared_names


def test_ties_merge_nothing(seeds: dedup.Result, seeds_path: Path) -> None:
    without = dedup.Config().replace(related_stories={"max_related": 0})
    alone = dedup.cluster(dedup.read_articles([seeds_path]), without)
    assert alone.related == ()
    assert alone.story_groups == seeds.story_groups


def test_ties_do_not_depend_on_the_order(seeds: dedup.Result, seeds_path: Path) -> None:
    articles = list(dedup.read_articles([seeds_path]))
    random.Random(8).shuffle(articles)
    assert dedup.cluster(articles).related == seeds.related


def test_ties_are_rows(seeds: dedup.Result, tmp_path: Path) -> None:
    rows = seeds.related_rows()
    assert len(rows) == len(seeds.related) > 3
    ids = {story.id for story in seeds.story_groups}
    for row in rows:
        assert tuple(row) == RELATED_COLUMNS
        assert {row["earlier"], row["later"]} <= ids
        assert 0 <= row["strength"] <= row["cosine"] <= 1
    for ending in ("parquet", "jsonl", "csv"):
        seeds.save_related(tmp_path / f"t.{ending}")
        assert (tmp_path / f"t.{ending}").stat().st_size > 0
