"""The table of phrases: well formed, and no phrase for two things that exclude one another."""

import dataclasses
from typing import get_args

import pytest

from dedup.cleaning import boilerplate as furniture
from dedup.cleaning.boilerplate import PATTERNS, PHRASES, Phrases, Reason

FIELDS = [field.name for field in dataclasses.fields(Phrases)]


@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize("field", FIELDS)
def test_phrases_are_well_formed(language: str, field: str) -> None:
    written: str = getattr(PHRASES[language], field)
    phrases = [phrase.strip() for phrase in written.split("|")] if written else []
    assert all(phrases)
    assert len(set(phrases)) == len(phrases)
    assert not any(":" in phrase or "\n" in phrase for phrase in phrases)


@pytest.mark.parametrize("language", PHRASES)
def test_each_language_has_the_essential_phrases(language: str) -> None:
    phrases = PHRASES[language]
    assert phrases.advertisement
    assert phrases.tags
    assert phrases.source
    assert phrases.read_also
    assert phrases.related
    assert phrases.buttons
    assert phrases.home
    assert phrases.end


def test_a_label_of_tags_is_no_heading_of_links() -> None:
    def all_of(field: str) -> set[str]:
        return {p for each in PHRASES.values() for p in getattr(each, field).split("|") if p}

    assert not all_of("tags") & (all_of("read_also") | all_of("related") | all_of("source"))


def test_every_reason_is_explained() -> None:
    assert furniture.__doc__ is not None
    assert all(f"    {reason}  " in furniture.__doc__ for reason in get_args(Reason))
    assert {reason for reason, _ in PATTERNS} <= set(get_args(Reason))
