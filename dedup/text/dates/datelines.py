"""The date that a page states about itself in its first lines.

Only short lines that look like a dateline or a byline are believed: those with few words beside
the date. A date in a sentence is part of the story ("on 7 August 1998 a bomb ..."). A wrong date
does more harm to the grouping than a missing one, so no date is taken from a doubtful line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from dedup.text.dates.calendars import fold
from dedup.text.dates.clocks import CLOCK
from dedup.text.dates.values import DateInText, find_date
from dedup.text.scripts import UNSPACED

_LINES = 8
_MAX_LINE_CHARS = 120
# Words beside the date: in a line with a label such as "published", and in others.
_MAX_WORDS_LABELLED = 8
_MAX_WORDS = 4
_SEARCHED_CHARS = 8_000

# Ranks of a dateline: the lowest is believed.
_PUBLISHED_LABEL, _UNLABELLED, _UPDATED_LABEL = range(3)

_PUBLISHED = (
    "published posted publication pubdate"
    " publié publiée publicado publicada publicación publicação pubblicato pubblicata publicat"
    " veröffentlicht erschienen gepubliceerd geplaatst opublikowano dodano yayınlanma yayın tarih"
    " опубликовано опубликована дата опубліковано дата апублікавана публикувано објављено"
    " تاريخ تاریخ النشر نشر نشرت انتشار منتشر اشاعت פורסם publicerad publicerat publisert udgivet"
    " julkaistu diterbitkan dipublikasikan terbit प्रकाशित"
)
_UPDATED = (
    "updated modified edited actualizado actualizada aktualisiert aggiornato atualizado"
    " bijgewerkt zaktualizowano güncelleme güncellenme обновлено обновлена оновлено تحديث التحديث"
    " بروزرسانی diperbarui עודכן päivitetty uppdaterad uppdaterat oppdatert opdateret"
)
_BYLINE = "by par por von di oleh door autor author автор كتب كتبت بقلم כתב"
_BEFORE_A_DAY_IN_PROSE = (
    "on in since until till before after from of for at during between"
    " am im seit bis vom nach vor em desde até en hasta el depuis avant après le"
    " dal dopo prima il op sinds до після после с со в во от на од sejak pada"
    " في منذ حتى بعد قبل من از در تا to through"
)
# "on 18 October 2023 at 14:05" is a whole dateline on many pages.
_BEFORE_A_WHOLE_DATELINE = "on am le el em il op в у"
# The day of a birth, a death, the end of a quarter: not of publication.
_OTHER_DAYS = "born died dies deadline due end ended ending ends expires maturing"

_PUBLISHED_WORDS = frozenset(fold(_PUBLISHED).split())
_UPDATED_WORDS = frozenset(fold(_UPDATED).split())
_BYLINE_WORDS = frozenset(fold(_BYLINE).split())
_PROSE_WORDS = frozenset(fold(_BEFORE_A_DAY_IN_PROSE).split())
_WHOLE_DATELINE_WORDS = frozenset(_BEFORE_A_WHOLE_DATELINE.split())
_OTHER_DAY_WORDS = frozenset(_OTHER_DAYS.split())
_PUBLISHED_PHRASES = re.compile(
    "发布|發布|發佈|发表|發表|来源|來源|公開|配信|掲載|입력|등록|게시|เผยแพร่"
)
_UPDATED_PHRASES = re.compile("mise? à jour|更新|수정|อัปเดต|อัพเดต")

# "5 شوال 1436 هـ - ": Arab papers put the lunar date beside the Gregorian one.
_LUNAR_DATE = re.compile(r"\d{1,2}\s[^\W\d_]+(?:\s[^\W\d_]+)?\s1[345]\d\d(?!\d)\s?ه?")
# In Indic scripts a word is letters and marks, which are no letters.
_WORD = re.compile("(?:[^\\W\\d_]|[\u0900-\u0963\u0970-\u0dff])+|\\d+")
_SENTENCE_END = re.compile(r"[.!?…。！？؟।۔][\"'”’»)\]]*$")
# Between the parts of a line: "Desk | 18 October 2023 | Print".
_PART_MARK = re.compile(r"\s*[|•·]\s*")
# "All crossings restored: 18 October 2023"
_HEADLINE = re.compile(r"(?:[^\W\d_]{2,}\s+){2,}[^\W\d_]{2,}\s?:\s")
_ABBREVIATION_END = re.compile(r"(?:\b[^\W\d_]|[ap]\.m)\.$")


def find_dateline(text: str, *, language: str = "") -> datetime | None:
    r"""The time of publication that the first lines of a page name.

    A line labelled "published" beats one without a label, which beats one
    labelled "updated"; among equals the first wins.

    Args:
        text: Body of the article; its first 8 non-empty lines are searched.
        language: Of the article, normalised; English month names always count.

    Returns:
        Aware UTC time, midnight where no time of day is named; None without a
        line that is certain.

    >>> find_dateline("Colts beat Chiefs\nPublished on Friday, 27 September 2013\n...")
    datetime.datetime(2013, 9, 27, 0, 0, tzinfo=datetime.timezone.utc)
    """
    head = [line.strip() for line in text[:_SEARCHED_CHARS].splitlines() if line.strip()]
    wrapped = is_hard_wrapped(head)
    best: _Dateline | None = None
    for line in head[:_LINES]:
        dateline = _dateline(line, language)
        if dateline is None or dateline.ambiguous or (wrapped and dateline.rank == _UNLABELLED):
            continue
        if best is None or dateline.rank < best.rank:
            best = dateline
    return None if best is None else best.when


def is_dateline(line: str, *, language: str = "") -> bool:
    """Whether a line states only when, where and by whom the page was published or updated.

    Day and month may be in an order that is ambiguous.
    """
    dateline = _dateline(line, language)
    if dateline is None:
        return False
    return dateline.rank != _UNLABELLED or not (_ends_like_prose(line) or _HEADLINE.match(line))


def is_hard_wrapped(lines: Sequence[str]) -> bool:
    """Whether sentences run over several short lines, so that a line is a fragment."""
    lengths = [len(line) for line in lines[:40]]
    return max(lengths, default=0) <= 100 and sum(length >= 40 for length in lengths) >= 5


class _Dateline(NamedTuple):
    rank: int
    when: datetime
    ambiguous: bool


def _dateline(line: str, language: str) -> _Dateline | None:
    """The date of a dateline, read as a whole or in its parts; None for any other line."""
    if len(line) > _MAX_LINE_CHARS:
        return None
    whole = _whole_dateline(line, language)
    parts = _PART_MARK.split(line) if whole is None else []
    if len(parts) < 2:
        return whole
    timed = [part for part in parts if find_date(part, language=language) or CLOCK.search(part)]
    if any(_size(fold(part)) > _MAX_WORDS for part in parts if part not in timed):
        return None
    return _whole_dateline(" | ".join(timed), language)


def _whole_dateline(line: str, language: str) -> _Dateline | None:
    first = find_date(line, language=language)
    if first is None:
        return None
    # English uses both orders: 4/11 could be both April and November.
    ambiguous = first.ambiguous and language in ("", "en")
    rest = _LUNAR_DATE.sub("", first.rest)
    words = _WORD.findall(UNSPACED.sub("", rest))
    rank = _rank(words, rest)
    labelled = rank != _UNLABELLED or bool(words and words[0] in _BYLINE_WORDS)
    count = _size(rest)
    if count > (_MAX_WORDS_LABELLED if labelled else _MAX_WORDS):
        return None
    second = find_date(first.rest, language=language)
    if second is not None and second.when.date() != first.when.date():
        # "Published 18 Oct 2023, updated 19 Oct 2023" against "1930 to 2011".
        earlier = min(first.when, second.when)
        return _Dateline(rank, earlier, ambiguous) if rank != _UNLABELLED else None
    if rank == _UNLABELLED and _is_prose(line, first, words_left=count):
        return None
    return _Dateline(rank, first.when, ambiguous)


def _size(folded: str) -> int:
    """Number of words; two characters of scripts without spaces count as one."""
    spaced, characters = UNSPACED.subn("", folded)
    return len(_WORD.findall(spaced)) + characters // 2


def _rank(words: list[str], rest: str) -> int:
    if not _PUBLISHED_WORDS.isdisjoint(words) or _PUBLISHED_PHRASES.search(rest):
        return _PUBLISHED_LABEL
    if not _UPDATED_WORDS.isdisjoint(words) or _UPDATED_PHRASES.search(rest):
        return _UPDATED_LABEL
    return _UNLABELLED


def _is_prose(line: str, date: DateInText, *, words_left: int) -> bool:
    if words_left == 0:
        return False
    if _ends_like_prose(line):
        return True
    before = _WORD.findall(date.before)
    if len(before) == 1 and before[0] in _WHOLE_DATELINE_WORDS and words_left <= 2:
        return False
    return bool(before and before[-1] in _PROSE_WORDS) or not _OTHER_DAY_WORDS.isdisjoint(
        _WORD.findall(date.rest)
    )


def _ends_like_prose(line: str) -> bool:
    return bool(_SENTENCE_END.search(line)) and not _ABBREVIATION_END.search(fold(line))
