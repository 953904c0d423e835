"""Which column of a table means which field of an `Article`.

Columns are recognised by their usual names, whatever their case and with or without `_`, `-` and
blanks. All other columns are never read, so that labels of a test set cannot leak into a result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from dedup.errors import InputError

# In the order of preference: the first column with a value is used.
_NAMES = {
    "id": "id article_id doc_id document_id news_id item_id post_id guid uuid uid _id",
    "title": (
        "title headline heading article_title news_title subject web_title og_title"
        " titel überschrift schlagzeile titre titolo título titulo titular tytuł rubrik otsikko"
        " başlık заголовок название عنوان العنوان 标题 標題 タイトル 見出し 제목 शीर्षक"
    ),
    "text": (
        "text body content full_text article_text article_body article maintext news_text"
        " body_text content_text content_html cleaned_text plain_text raw_text selftext message"
        " inhalt artikeltext texte contenu corps testo contenuto texto contenido cuerpo conteúdo "
        "tekst"
        " treść metin içerik текст содержание نص النص متن 正文 内容 內容 本文 テキスト 본문 내용"
        " description summary lead abstract snippet excerpt beschreibung zusammenfassung"
        " description_text résumé sommario resumen resumo"
    ),
    "source": (
        "source source_name source_domain outlet publisher publication newspaper site"
        " site_name source_hostname domain hostname media media_name provider agency feed_title "
        "origin"
        " quelle medium zeitung fuente medio fonte veículo journal źródło kaynak источник издание"
        " مصدر المصدر 来源 來源 媒体 媒體 情報源 出典 출처 언론사"
    ),
    "published_at": (
        "published_at published_parsed date_gmt pub_date published publish_date published_date"
        " publication_date web_publication_date date_published date_publish published_time"
        " publish_time published_on published_utc first_publication_date seendate"
        " datetime date_time timestamp timestamp_usec created_utc date time created_at created"
        " date_created posted_at published_timestamp issued"
        " datum veröffentlicht erschienen fecha publicado data_pubblicazione data_publicação tarih"
        " дата опубликовано تاريخ التاريخ تاریخ 日期 发布时间 發佈時間 日時 公開日 날짜 발행일"
    ),
    "language": (
        "language lang lang_code language_code locale in_language"
        " sprache langue lingua idioma język dil язык لغة اللغة 语言 語言 言語 언어"
    ),
    "url": (
        "url link uri permalink article_url source_url web_url canonical_url canonical href "
        "alternate"
        " external_url adresse lien enlace ссылка رابط الرابط 链接 鏈接 網址 リンク 링크"
    ),
}
FIELDS = tuple(_NAMES)
"""Fields of `Article` that a column can fill."""


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """Which columns of a table mean something.

    Args:
        name: Of the table.
        used: The column of each field that has one.
        unused: The other columns, in their order.
    """

    name: str
    used: Mapping[str, str]
    unused: tuple[str, ...]


OnColumns = Callable[[ColumnUse], None]


def column_use(
    name: str, available: Iterable[str], columns: Mapping[str, str] | None = None
) -> ColumnUse:
    """Which of the `available` columns of a table are used; see `used_columns`."""
    present = tuple(available)
    by_field = used_columns(present, columns)
    meant = {column for names in by_field.values() for column in names}
    return ColumnUse(
        name,
        {field: names[0] for field, names in by_field.items() if names},
        tuple(column for column in present if column not in meant),
    )


class NoColumnsError(InputError):
    """A file lacks a title or text column, or a column that was named."""


def used_columns(
    available: Iterable[str], columns: Mapping[str, str] | None = None
) -> dict[str, tuple[str, ...]]:
    """Which of the `available` columns mean which field, in order of preference.

    Args:
        available: Columns of a table or a row.
        columns: The column to use for a field, instead of the usual names.

    Returns:
        Columns by field; empty for a field without a column.
    """
    chosen = tuple(sorted(columns.items())) if columns else ()
    return _columns_by_field(tuple(available), chosen)


def require_columns(available: Iterable[str], columns: Mapping[str, str] | None, name: str) -> None:
    """Refuse a table without the columns that an article needs.

    Raises:
        NoColumnsError: The title and text column or the column named is missing.
    """
    present = tuple(available)
    listed = ", ".join(map(repr, present)) or "none"
    for field, column in (columns or {}).items():
        if column not in present:
            raise NoColumnsError(
                f"{name}: no column {column!r} (wanted for {field}); columns found: {listed}"
            )
    used = used_columns(present, columns)
    if not used["title"] and not used["text"]:
        raise NoColumnsError(
            f"{name}: no title or text column; columns found: {listed}: "
            "name one with --text-column NAME or --title-column NAME "
            "(in Python, columns={'text': NAME})"
        )


def check_columns(columns: Mapping[str, str] | None) -> None:
    """Refuse a mapping of columns that names a field which does not exist.

    Raises:
        InputError: A key is not a field of `Article`.
    """
    for field in columns or {}:
        if field not in _NAMES:
            raise InputError(f"{field!r} is not a field of an article: use {', '.join(FIELDS)}")


@lru_cache(maxsize=1024)
def _columns_by_field(
    available: tuple[str, ...], chosen: tuple[tuple[str, str], ...]
) -> dict[str, tuple[str, ...]]:
    column_of = dict(chosen)
    reserved = set(column_of.values())
    by_plain_name: dict[str, list[str]] = {}
    for column in available:
        if isinstance(column, str) and column not in reserved:
            by_plain_name.setdefault(plain_name(column), []).append(column)
    columns: dict[str, tuple[str, ...]] = {}
    for field, names in _NAMES.items():
        if field in column_of:
            columns[field] = (column_of[field],) if column_of[field] in available else ()
        else:
            columns[field] = tuple(
                column
                for name in names.split()
                for column in by_plain_name.get(plain_name(name), ())
            )
    return columns


def plain_name(name: str) -> str:
    """The name of a column as it is compared: without case, `_`, `-` and blanks."""
    return re.sub(r"[\W_]+", "", name).casefold()
