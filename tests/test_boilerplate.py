"""Boilerplate phrases: the loader's checks, and no phrase for things that exclude one another."""

import tomllib
from importlib import resources
from typing import get_args

import pytest

from dedup.cleaning import boilerplate
from dedup.cleaning.boilerplate import PATTERNS, Kind, Reason, kinds_of, parse_phrases, phrases
from dedup.errors import ConfigError
from dedup.text.normalization import key, normalize

FILE = resources.files("dedup.cleaning").joinpath("phrases.toml").read_text(encoding="utf-8")
ENGLISH = tomllib.loads(FILE)["en"]


def test_the_head_of_the_file_explains_every_key() -> None:
    head = FILE[: FILE.index("\n[")]
    for kind in get_args(Kind):
        assert f"\n# {kind} " in head, f"the head of phrases.toml does not explain {kind}"


def test_phrases_of_all_languages_are_compared_without_case_and_accents() -> None:
    for written, kind in (
        ("À lire aussi", "read_also"),
        ("الرئيسية", "home"),
        ("网站首页", "home"),
    ):
        assert kind in kinds_of(key(normalize(written.upper()))), written
    assert phrases("tags", "home") == phrases("tags") | phrases("home")
    assert not kinds_of("an ordinary sentence")


def test_a_phrase_that_could_never_be_found_is_refused() -> None:
    bad: dict[str, object] = {
        "tags": "a string and no list",
        "photo": ["photo", 7],
        "rights": [""],
        "share": ["share "],
        "follow": ["follow: us"],
        "home": ["home\npage"],
        "more": ["more", "less", "more"],
        "beside_advertisement": ["scroll down"],
        "furnishings": ["sofa"],
    }
    for kind, written in bad.items():
        with pytest.raises(ConfigError, match=rf"phrases\.toml: \[xx\] {kind}: "):
            parse_phrases({"xx": ENGLISH | {kind: written}})


def test_each_language_must_have_the_essential_phrases() -> None:
    for kind in (
        "advertisement",
        "tags",
        "source",
        "read_also",
        "related",
        "buttons",
        "home",
        "end",
    ):
        for table in (ENGLISH | {kind: []}, {k: v for k, v in ENGLISH.items() if k != kind}):
            with pytest.raises(ConfigError, match=rf"\[xx\] {kind}: is missing"):
                parse_phrases({"xx": table})


def test_a_table_more_is_a_language_more() -> None:
    table: dict[str, object] = {kind: ["io"] for kind in ("advertisement", "source", "read_also")}
    table |= {"related": ["io"], "buttons": ["io"], "tags": ["etikedoj"], "home": ["io"]}
    table["end"] = ["Fino"]
    assert parse_phrases({"en": ENGLISH, "eo": table})["end"] == {
        "end",
        "ends",
        "end of report",
        "fino",
    }


def test_a_label_of_tags_is_no_other_label() -> None:
    for kind in ("read_also", "related", "source"):
        with pytest.raises(ConfigError, match="'etiquettes' is both"):
            parse_phrases(
                {"en": ENGLISH, "fr": ENGLISH | {"tags": ["Étiquettes"], kind: ["étiquettes"]}}
            )


def test_every_reason_is_explained() -> None:
    assert boilerplate.__doc__ is not None
    assert all(f"    {reason}  " in boilerplate.__doc__ for reason in get_args(Reason))
    assert {reason for reason, _ in PATTERNS} <= set(get_args(Reason))
