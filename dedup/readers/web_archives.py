"""WARC and WET -> rows: the pages of a crawl, and the texts that Common Crawl takes from them."""

from __future__ import annotations

import io
from collections.abc import Iterator

from dedup.errors import InputError, MissingExtraError
from dedup.readers.encodings import decode_page, encoding_guessed
from dedup.readers.pages import html_page
from dedup.readers.problems import OnProblem, shorten
from dedup.readers.rows import Row
from dedup.readers.streams import DAMAGE
from dedup.records import Problem

_HTML = ("text/html", "application/xhtml+xml")
_OK = "200"


def warc_rows(stream: io.BufferedReader, name: str, on_problem: OnProblem) -> Iterator[Row]:
    """Rows of a web archive: each page that was fetched, or each text of a WET file.

    Args:
        stream: Decompressed or not; an archive of several gzip members is one archive.
        name: Of the file, for reports.
        on_problem: Told of damage.

    Raises:
        InputError: It is no web archive.
        MissingExtraError: warcio is not installed.
    """
    try:
        from warcio.archiveiterator import ArchiveIterator
        from warcio.exceptions import ArchiveLoadFailed
    except ImportError as error:
        raise MissingExtraError("web archives", extra="warc") from error
    number = 0
    try:
        for number, record in enumerate(ArchiveIterator(stream), start=1):
            where = f"{name}: record {number}"
            headers = record.rec_headers
            address = headers.get_header("WARC-Target-URI") or ""
            if record.rec_type == "conversion":
                text = record.content_stream().read().decode("utf-8", "replace")
                title, _, body = text.partition("\n")
                # `WARC-Date` is when the page was fetched, not when it was published.
                row = {"title": title, "text": body, "url": address}
                yield where, row
            elif record.rec_type == "response" and _is_page(record.http_headers):
                content = record.content_stream().read()
                if content.strip():
                    kind = record.http_headers.get_header("Content-Type") or ""
                    page = decode_page(content, markup=True, declared=kind)
                    if page.guess or not page.is_safe:
                        on_problem(encoding_guessed(where, page.guess))
                    fields = html_page(page.text if page.is_safe else content, address=address)
                    yield where, {**fields, "url": address}
    except (ArchiveLoadFailed, *DAMAGE) as error:
        if number == 0:
            raise InputError(f"{name}: is no web archive: {shorten(error)}") from error
        on_problem(Problem("damaged file", f"{name}: record {number + 1}", shorten(error)))


def _is_page(headers: object) -> bool:
    """Whether the headers of HTTP are those of a page that was there."""
    if headers is None:
        return False
    status = getattr(headers, "get_statuscode", str)()
    kind = getattr(headers, "get_header", lambda name: "")("Content-Type") or ""
    return status == _OK and kind.split(";")[0].strip().lower() in _HTML
