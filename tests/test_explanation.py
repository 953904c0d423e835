"""Why two articles are together or apart: the sentence, and the command that prints it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import dedup
from dedup import cli
from dedup.description.explanation import Why, reasons, sentence
from dedup.output.wording import duration
from dedup.records import Evidence, Match, StoryGroup, StoryLink

NAMES = (
    *("prior", "text_cosine", "title_cosine", "cross_cosine", "shared_terms"),
    *(
        "term_cosine",
        "shared_numbers",
        "number_clash",
        "shared_names",
        "shared_dates",
        "date_clash",
        "gap",
        "root_gap",
    ),
    *("undated", "short_text", "never heard of"),
)


def story(name: str, texts: int = 1) -> StoryGroup:
    headline = f"Story {name}"
    return StoryGroup(
        name, headline, {}, name, None, None, texts, (), (), (), (), None, None, members=()
    )


def link(probability: float, *parts: Evidence) -> StoryLink:
    return StoryLink("a", "b", probability, parts)


def answer(
    found: StoryLink | None, *, together: bool, gap: timedelta | None = None, texts: int = 1
) -> Why:
    first, second = story("One", texts), story("Two", texts)
    return Why(
        "a",
        "b",
        same_duplicate_cluster=False,
        same_story_group=together,
        match=Match("a", "b", 0.1, 0.2, 0.2),
        link=found,
        gap=gap,
        stories=(first, first) if together else (first, second),
        mean_probabilities=(0.62, 0.71),
        min_probability=0.5,
        max_gap=timedelta(days=7),
        min_jaccard=0.7,
        min_containment=0.9,
    )


ALIKE = Evidence("text_cosine", 0.8, 2.0)
UNLIKE = Evidence("text_cosine", 0.1, 0.3)
WORDS = Evidence("shared_terms", 6.0, 1.0, "belousov, pyongyang")
NO_WORDS = Evidence("shared_terms", 0.0, 0.0)


def test_together_and_likely() -> None:
    why = answer(link(0.97, ALIKE, WORDS), together=True, gap=timedelta(hours=3))
    assert str(why) == why.sentence == sentence(why)
    assert why.sentence == (
        "Together: both report the same event (97 %): their texts are very alike; they share "
        "the rare words belousov and pyongyang; they were published 3 hours apart."
    )


def test_apart_and_unlikely() -> None:
    why = answer(link(0.04, ALIKE, NO_WORDS), together=False, gap=timedelta(days=33))
    assert why.sentence == (
        "Apart: their texts are very alike, but they share no rare words; they were "
        "published 33 days apart; P(same event) 4 %."
    )


def test_together_through_the_others() -> None:
    why = answer(link(0.31, UNLIKE, WORDS), together=True, texts=5)
    assert why.sentence.startswith(
        "Together through the others: these two alone look like different events (31 %): "
        "their texts are not alike, but they share the rare words"
    )
    assert "the 5 texts of the story “Story One” connect them" in why.sentence
    assert "62 % and 71 %" in why.sentence


@pytest.mark.parametrize(
    ("gap", "texts", "because"),
    [
        (timedelta(days=9), 1, "articles more than 7 days apart are not compared"),
        (timedelta(days=2), 1, "they were not compared, because their vectors are too different"),
        (None, 3, "the other texts of their stories, “Story One” and “Story Two”, are less alike"),
    ],
)
def test_apart_although_likely_says_why(gap: timedelta | None, texts: int, because: str) -> None:
    why = answer(link(0.8, ALIKE), together=False, gap=gap, texts=texts)
    assert "Apart, although these two alone look like the same event (80 %)" in why.sentence
    assert because in why.sentence


@pytest.mark.parametrize(
    ("match", "said"),
    [
        (Match("a", "b", 1.0, 1.0, 1.0), "copies of one text, equal word for word"),
        (
            Match("a", "b", 0.4, 1.0, 0.4),
            "one lies inside the other (containment 1.00, Jaccard 0.40)",
        ),
        (Match("a", "b", 0.8, 0.9, 0.88), "(Jaccard 0.80, containment 0.90)"),
    ],
)
def test_copies_are_named_by_their_similarity(match: Match, said: str) -> None:
    why = replace(answer(None, together=True), same_duplicate_cluster=True, match=match)
    assert why.sentence.startswith("Together: ")
    assert said in why.sentence


def test_each_part_has_its_words() -> None:
    across = Evidence("prior", 1.0, 2.0, "two languages")
    said = reasons(link(0.5, Evidence("text_cosine", 0.4, 1.0), across, NO_WORDS))
    assert said == "their texts, in different languages, are alike"
    assert "their headlines are alike" in reasons(link(0.5, Evidence("title_cosine", 0.5, 1.0)))
    named = Evidence("shared_names", 2.0, 1.0, "Andrei Belousov, Kim")
    numbers = Evidence("shared_numbers", 1.0, 1.0, "288")
    assert reasons(link(0.5, named, WORDS, numbers)) == (
        "they share the names Andrei Belousov and Kim, the rare word pyongyang, and the number 288"
    )
    assert reasons(link(0.5, Evidence("shared_terms", 3.0, 1.0, "288, derna"))) == (
        "they share the rare word derna and the number 288"
    )
    assert "their numbers differ" in reasons(link(0.5, Evidence("number_clash", 1.0, -1.0)))
    day = Evidence("shared_dates", 1.0, 1.0, "5 March")
    assert reasons(link(0.5, day)) == "they share the day 5 March"
    assert "they name different days" in reasons(link(0.5, Evidence("date_clash", 1.0, -1.0)))
    assert "a date is missing" in reasons(link(0.5, Evidence("undated", 1.0, -1.0)))
    short = Evidence("short_text", 1.0, -0.5)
    assert reasons(link(0.5, short)) == "one of them is very short"
    assert reasons(link(0.5, replace(short, log_odds=0.5))) == ""
    assert reasons(link(0.5, Evidence("gap", 0.1, 0.0))) == "they were published 2 hours apart"
    assert reasons(link(0.5, Evidence("gap", 0.0, 0.0))) == "they were published at the same time"
    many = Evidence("shared_terms", 9.0, 1.0, "aa, bb, cc, dd, ee, ff")
    assert "aa, bb, cc, dd, ee and others" in reasons(link(0.5, many))


PART = st.builds(
    Evidence,
    st.sampled_from(NAMES),
    st.floats(-1, 30),
    st.floats(-9, 9),
    st.sampled_from(["", "belousov", "288, 35", "Kim Jong-un, Pyongyang"]),
)


@given(
    st.lists(PART, max_size=12, unique_by=lambda part: part.name),
    st.floats(0, 1),
    st.booleans(),
    st.none() | st.timedeltas(timedelta(days=-900), timedelta(days=900)),
)
def test_any_evidence_makes_one_sentence(
    parts: list[Evidence], probability: float, together: bool, gap: timedelta | None
) -> None:
    for count in (1, 4):
        said = answer(link(probability, *parts), together=together, gap=gap, texts=count).sentence
        assert said.startswith(("Together", "Apart"))
        assert said.endswith(".") and "\n" not in said
        assert (
            "but but" not in said and ": ;" not in said and ": :" not in said and ", ;" not in said
        )
        assert "nan" not in said and "None" not in said


def test_lengths_of_time_have_one_unit() -> None:
    minutes = (1, 89, 90, 36 * 60 - 31, 36 * 60, 3 * 1440, 12_345 * 1440)
    shown = [duration(timedelta(minutes=count)) for count in minutes]
    assert shown[:5] == ["1 minute", "89 minutes", "2 hours", "35 hours", "1.5 days"]
    assert shown[5:] == ["3 days", "12,345 days"]


# --- on the demonstration corpus ---


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> dedup.Result:
    return dedup.cluster(dedup.read_articles([seeds_path]))


def test_the_sentence_agrees_with_the_result(seeds: dedup.Result) -> None:
    ids = [article.id for article in seeds.articles][::9]
    starts = set()
    for a in ids:
        for b in ids:
            why = seeds.why(a, b)
            start = "Together" if why.same_story_group else "Apart"
            assert why.sentence.startswith("These are one" if a == b else start)
            starts.add(why.sentence.split(":")[0].split(",")[0])
    assert {"Together", "Apart"} <= starts


def test_the_gap_is_that_of_the_texts(seeds: dedup.Result) -> None:
    cluster = next(each for each in seeds.duplicate_clusters if len(each.members) > 1)
    other = next(article.id for article in seeds.articles if article.published_at)
    gaps = {seeds.why(member.id, other).gap for member in cluster.members}
    assert len(gaps) == 1


def test_an_unknown_id_is_named_with_the_closest(seeds: dedup.Result) -> None:
    with pytest.raises(dedup.DedupError, match=r"'odisha-en-9': did you mean 'odisha-en-1'\?"):
        seeds.why("odisha-en-1", "odisha-en-9")
    with pytest.raises(dedup.DedupError, match=r"no article has the id '§§§'$"):
        seeds.why("§§§", "odisha-en-1")


def test_why_prints_the_sentence_first_and_parts_that_add_up(
    seeds: dedup.Result, seeds_path: Path
) -> None:
    done = CliRunner().invoke(cli.app, ["why", "odisha-en-1", "odisha-ar-1", str(seeds_path)])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    why = seeds.why("odisha-en-1", "odisha-ar-1")
    assert lines[0] == why.sentence
    for each in ("odisha-en-1", "odisha-ar-1"):
        article = seeds.by_id[each]
        assert any(article.title in line for line in lines)
        assert any(article.source in line and "2023-06-0" in line for line in lines)
    start = next(k for k, line in enumerate(lines) if line.startswith("evidence"))
    table = [line.split() for line in lines[start + 1 :]]
    sums = [float(next(w for w in row[1:] if w[0] in "+-")) for row in table]
    assert why.link is not None
    assert sum(sums[:-1]) == pytest.approx(sums[-1], abs=1e-3)
    assert sums[-1] == pytest.approx(sum(part.log_odds for part in why.link.evidence), abs=1e-3)
    assert len(sums) == len(why.link.evidence) + 1
    assert "same story: yes" in done.output


def test_why_as_json_has_everything(seeds_path: Path) -> None:
    done = CliRunner().invoke(
        cli.app, ["why", "odisha-en-1", "lavrov-en-1", str(seeds_path), "--json"]
    )
    found = json.loads(done.stdout)
    assert found["sentence"].startswith("Apart")
    assert [each["id"] for each in found["articles"]] == ["odisha-en-1", "lavrov-en-1"]
    parts = sum(part["log_odds"] for part in found["evidence"])
    assert found["log_odds"] == pytest.approx(parts, abs=1e-3)
    assert found["same_story_group"] is False
    assert found["articles"][0]["published_at"].endswith("Z")


def test_why_of_copies(seeds: dedup.Result, seeds_path: Path) -> None:
    cluster = next(each for each in seeds.duplicate_clusters if len(each.members) > 1)
    a, b = (member.id for member in cluster.members[:2])
    done = CliRunner().invoke(cli.app, ["why", a, b, str(seeds_path)])
    assert done.output.startswith("Together: copies of one text")
    assert "copies of one text: yes" in done.output
    assert "evidence" not in done.output
    values = json.loads(
        CliRunner().invoke(cli.app, ["why", a, b, str(seeds_path), "--json"]).stdout
    )
    assert (values["probability"], values["log_odds"], values["evidence"]) == (None, None, [])


def test_why_reads_named_columns_and_prints_no_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("nr,kop,inhoud\n7,\x1b[31mOne,Some text\n8,Two,Another text of Zzyzx\n")
    columns = ["--id-column", "nr", "--title-column", "kop", "--text-column", "inhoud"]
    done = CliRunner().invoke(cli.app, ["why", "7", "8", str(path), *columns])
    assert done.exit_code == 0
    assert "\x1b" not in done.output


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["7", "9"], 1, "no article has the id '9'"),
        (["7", "7"], 2, "give the ids of two articles"),
        (["7"], 2, "Missing argument"),
        (["7", "8", "--encoder", ""], 2, "name = ''"),
        (["7", "8", "--config", "none.toml"], 2, "none.toml"),
    ],
)
def test_why_fails_as_other_commands_do(
    arguments: list[str],
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "a.jsonl").write_text('{"id": "7", "title": "One"}\n{"id": "8", "title": "Two"}\n')
    monkeypatch.chdir(tmp_path)
    inputs = ["a.jsonl"] if len(arguments) > 1 else []
    monkeypatch.setattr(sys, "argv", ["dedup", "why", *arguments[:2], *inputs, *arguments[2:]])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    err = capsys.readouterr().err
    assert stopped.value.code == code
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
