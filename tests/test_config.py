"""Settings: what is refused, and that the file of defaults says the truth."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest

from dedup.config import Config, NearDuplicateConfig
from dedup.errors import ConfigError
from dedup.settings import RENAMED, parse_duration


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[storis]", "'storis' is not a section: did you mean 'stories'"),
        ("[stories]\nmin_probabilty = 0.5", "did you mean 'min_probability'"),
        ("[stories]\nmin_probability = 1.5", r"min_probability = 1\.5: must be between 0 and 1"),
        ("[stories]\nmin_probability = 'high'", "min_probability = 'high': must be float"),
        ("[stories]\nmin_link_probability = 0.9", r"min_link_probability = 0\.9: must be at most"),
        ("[neighbors]\nmax_gap = 'soon'", "'soon' is not a duration"),
        ("[neighbors]\nmax_gap = 7", "must be a duration such as 7d"),
        (
            "[near_duplicates]\nbands = 30\nrows = 5",
            r"bands \* rows = 150: must be at most num_perm",
        ),
        ("[near_duplicates]\nmin_jaccard = 0", r"min_jaccard = 0\.0: must be above 0"),
        ("[encoder]\nlead_chars = true", "lead_chars = True: must be int"),
        ("stories = 3", r"is a section, write \[stories\]"),
        ("[stories", "cannot be read as TOML"),
    ],
)
def test_unusable_settings_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "dedup.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        Config.from_toml(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        Config.from_toml(tmp_path / "none.toml")


def test_the_file_of_defaults_holds_every_setting_with_its_default(tmp_path: Path) -> None:
    text = resources.files("dedup").joinpath("default.toml").read_text(encoding="utf-8")
    path = tmp_path / "default.toml"
    path.write_text(text, encoding="utf-8")
    assert Config.from_toml(path) == Config()
    for section in dataclasses.fields(Config):
        assert f"[{section.name}]" in text
        for setting in dataclasses.fields(getattr(Config(), section.name)):
            assert f"\n{setting.name} = " in text or f"\n# {setting.name} = " in text


@pytest.mark.parametrize(
    ("min_jaccard", "banding"), [(0.5, (42, 3)), (0.7, (25, 5)), (0.8, (18, 7)), (0.9, (11, 11))]
)
def test_banding_is_the_most_selective_that_finds_enough(
    min_jaccard: float, banding: tuple[int, int]
) -> None:
    config = NearDuplicateConfig(min_jaccard=min_jaccard)
    bands, rows = config.banding(128)
    assert (bands, rows) == banding
    assert 1 - (1 - min_jaccard**rows) ** bands >= config.min_candidate_recall
    finer = 128 // (rows + 1)
    assert 1 - (1 - min_jaccard ** (rows + 1)) ** finer < config.min_candidate_recall


def test_bands_are_given_with_rows_or_not_at_all() -> None:
    assert NearDuplicateConfig(bands=16, rows=8).banding(128) == (16, 8)
    with pytest.raises(ConfigError, match="both or not at all"):
        NearDuplicateConfig(bands=16)


def test_every_setting_changes_the_digest() -> None:
    digests = {
        Config().digest(),
        Config().replace(stories={"min_probability": 0.6}).digest(),
        Config().replace(neighbors={"max_gap": timedelta(days=8)}).digest(),
        Config().replace(encoder={"prefix": "query: "}).digest(),
    }
    assert len(digests) == 4
    assert Config().digest() == Config().digest()


def test_durations() -> None:
    assert parse_duration("90m") == timedelta(minutes=90)
    assert parse_duration(" 2 w ") == timedelta(weeks=2)
    for text in ("", "7", "d7", "-1d", "1.5d"):
        with pytest.raises(ConfigError):
            parse_duration(text)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_former_name_is_refused_with_the_new_one(old: str, new: str) -> None:
    """Sections and settings that were renamed, in every section that has the new name."""
    sections = dataclasses.asdict(Config())
    homes = [name for name, settings in sections.items() if new in settings]
    assert homes or new in sections
    for home in homes:
        with pytest.raises(ConfigError, match=f"'{old}' is not a setting .* write '{new}'"):
            Config.from_mapping({home: {old: 1}})
    if new in sections:
        with pytest.raises(ConfigError, match=f"'{old}' is not a section .* write '{new}'"):
            Config.from_mapping({old: {}})


def test_the_changelog_lists_every_former_name() -> None:
    changelog = (Path(__file__).parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = changelog.replace("[", "").replace("]", "")
    for old, new in RENAMED.items():
        assert f"| `{old}` | `{new}` |" in rows


def test_replace_refuses_unknown_names() -> None:
    with pytest.raises(ConfigError, match="story"):
        Config().replace(story={})
    with pytest.raises(ConfigError, match="min_prob"):
        Config().replace(stories={"min_prob": 0.4})
