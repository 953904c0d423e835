"""What kind of input a file, a stream or a document is: by its ending, else by how it begins."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

from dedup.readers.encodings import utf16_of
from dedup.readers.feeds import is_feed
from dedup.readers.streams import COMPRESSIONS

Kind = Literal["json", "csv", "tsv", "parquet", "xml", "html", "page", "warc"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".jsonl", ".ndjson", ".json", ".geojson"), "json"),
    ".csv": "csv",
    **dict.fromkeys((".tsv", ".tab"), "tsv"),
    ".parquet": "parquet",
    **dict.fromkeys((".xml", ".rss", ".atom", ".rdf", ".nitf", ".newsml"), "xml"),
    **dict.fromkeys((".html", ".htm", ".xhtml"), "html"),
    ".txt": "page",
    **dict.fromkeys((".warc", ".wet", ".arc"), "warc"),
}
KNOWN_ENDINGS = f"{' '.join(_KINDS)}, all but .parquet also with {' '.join(COMPRESSIONS)}"
"""For messages."""
_PARQUET = b"PAR1"
_WARC = b"WARC/"


def kind_of_file(path: PurePath) -> Kind | None:
    """The kind of a file by its ending, a compression left out; None where it is not known.

    >>> kind_of_file(PurePath("news.csv.gz")), kind_of_file(PurePath("notes.docx"))
    ('csv', None)
    """
    endings = [ending.lower() for ending in path.suffixes]
    compressed = bool(endings) and endings[-1] in COMPRESSIONS
    kind = _KINDS.get("".join(endings[-2:-1] if compressed else endings[-1:]))
    return None if compressed and kind == "parquet" else kind


def kind_of_content(head: bytes) -> Kind:
    """The kind of a document by its first bytes; text of no other kind is CSV.

    >>> kind_of_content(b'  [{"title": 1}]'), kind_of_content(b"title,text")
    ('json', 'csv')
    """
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_WARC):
        return "warc"
    start = head.removeprefix(b"\xef\xbb\xbf")
    if wide := utf16_of(start):
        start = start.decode(wide, "ignore").encode()
    start = start.lstrip()
    if start.startswith((b"{", b"[")):
        return "json"
    if start.startswith(b"<"):
        opening = start[:512].lower()
        if is_feed(start):
            return "xml"
        return "html" if b"<html" in opening or b"<!doctype html" in opening else "xml"
    line = start.partition(b"\n")[0]
    if not start or not any(mark in line for mark in (b",", b";", b"\t", b"|")):
        # Broken JSON is reported line by line; a header of one column is rare.
        return "csv" if line.decode("utf-8", "replace").strip().isidentifier() else "json"
    return "tsv" if line.count(b"\t") > max(line.count(b","), line.count(b";")) else "csv"
