"""RSS, Atom, NITF and NewsML-G2 -> rows: what publishers and agencies send as XML.

Feeds are taken apart by feedparser (RSS 0.9x, 1.0 and 2.0, Atom, with `content:encoded`, `dc:date`,
`media:` and `xml:base`); a broken feed gives the entries before the damage. Documents of agencies
hold one article each.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from dedup.errors import InputError
from dedup.readers.problems import OnProblem, shorten
from dedup.readers.rows import Row
from dedup.records import Problem, host_of

_HEAD_BYTES = 4096
_FEED = re.compile(rb"<(?:\w+:)?(?:rss|feed|RDF|channel)\b")
_AGENCY = re.compile(rb"<(?:\w+:)?(nitf|newsItem|newsMessage)\b")
_BLOCK = "p"


def is_feed(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a feed or of an agency's document."""
    head = head[:_HEAD_BYTES]
    return bool(_FEED.search(head) or _AGENCY.search(head))


def feed_rows(
    content: bytes, name: str, on_problem: OnProblem, *, address: str = ""
) -> Iterator[Row]:
    """Rows of a feed, or the row of an agency's document.

    Args:
        content: The document.
        name: Of the file or address, for reports.
        on_problem: Told of broken XML.
        address: Where the feed came from: relative links are completed by it.

    Raises:
        InputError: The document is XML of another kind, or no XML.
    """
    head = content[:_HEAD_BYTES]
    if _AGENCY.search(head):
        yield from _agency_rows(content, name)
        return
    if not _FEED.search(head):
        raise InputError(
            f"{name}: is no feed: known are RSS, Atom, NITF and NewsML-G2; other XML has to be "
            "made JSON first"
        )
    import feedparser

    headers = {"content-location": address} if address else {}
    feed = feedparser.parse(io.BytesIO(content), response_headers=headers, sanitize_html=False)
    harmless = feedparser.exceptions.ThingsNobodyCaresAboutButMe
    if feed.bozo and not isinstance(feed.bozo_exception, harmless):
        on_problem(Problem("broken XML", name, shorten(feed.bozo_exception), article_kept=True))
    if not feed.entries:
        on_problem(Problem("empty feed", name))
    title = "" if _is_collection(feed.entries) else feed.feed.get("title", "")
    for number, entry in enumerate(feed.entries, start=1):
        yield f"{name}: entry {number}", _row_of_entry(entry, title)


def _is_collection(entries: list[Mapping[str, Any]]) -> bool:
    """Whether the entries of a feed come from many outlets, so that its title is none of them."""
    hosts = Counter(filter(None, (host_of(entry.get("link", "")) for entry in entries)))
    return len(hosts) > 2 and max(hosts.values()) * 2 <= hosts.total()


def _row_of_entry(entry: Mapping[str, Any], channel: str) -> dict[str, object]:
    contents = [part.get("value", "") for part in entry.get("content", ())]
    texts = [*contents, entry.get("summary", ""), entry.get("media_description", "")]
    link = entry.get("link", "")
    identity = entry.get("id", "")
    return {
        "id": identity if identity != link else "",
        "title": entry.get("title", "") or entry.get("media_title", ""),
        "text": max(texts, key=len),
        # An entry may name its own outlet, or its publisher.
        "source": (entry.get("source") or {}).get("title") or entry.get("publisher") or channel,
        "published_at": entry.get("published") or entry.get("updated") or entry.get("created"),
        "url": link,
    }


def _agency_rows(content: bytes, name: str) -> Iterator[Row]:
    if b"<!ENTITY" in content:
        raise InputError(f"{name}: declares entities, which may never end: remove the declarations")
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise InputError(f"{name}: is broken XML: {error}") from error
    for element in root.iter():
        # Elements of one namespace: names tell enough.
        element.tag = str(element.tag).rpartition("}")[2]
    items = [root] if root.tag in ("nitf", "newsItem") else list(root.iter("newsItem"))
    for number, item in enumerate(items, start=1):
        row = _nitf_row(item) if item.tag == "nitf" else _newsml_row(item)
        yield (f"{name}: item {number}" if len(items) > 1 else name), row


def _nitf_row(item: ElementTree.Element) -> dict[str, object]:
    issued = _first(item, "date.issue", "date.release", "story.date", "pubdata")
    return {
        "id": _attribute(item, "doc-id", "id-string"),
        "title": _text(item, "hl1") or _text(item, "title"),
        "text": _paragraphs(item.find(".//body.content")),
        "source": _text(item, "distributor")
        or _attribute(item, "doc.copyright", "holder")
        or _attribute(item, "pubdata", "name"),
        "published_at": ""
        if issued is None
        else issued.get("norm") or issued.get("date.publication") or "".join(issued.itertext()),
        "language": item.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
        "url": _attribute(item, "pubdata", "ex-ref"),
    }


def _newsml_row(item: ElementTree.Element) -> dict[str, object]:
    provider = _first(item, "provider", "infoSource")
    outlet = "" if provider is None else _text(provider, "name") or provider.get("literal", "")
    dates = (_text(item, name) for name in ("contentCreated", "firstCreated", "versionCreated"))
    body = _first(item, "inlineXML", "inlineData")
    return {
        "id": item.get("guid", ""),
        "title": _text(item, "headline"),
        "text": "" if body is None else _paragraphs(body),
        "source": outlet,
        "published_at": next(filter(None, dates), ""),
        "language": _attribute(item, "language", "tag")
        or item.get("{http://www.w3.org/XML/1998/namespace}lang", ""),
        "url": _attribute(item, "remoteContent", "href"),
    }


def _first(item: ElementTree.Element, *names: str) -> ElementTree.Element | None:
    elements = (element for name in names for element in item.iter(name))
    return next(elements, None)


def _text(item: ElementTree.Element, name: str) -> str:
    element = _first(item, name)
    return "" if element is None else " ".join("".join(element.itertext()).split())


def _attribute(item: ElementTree.Element, name: str, attribute: str) -> str:
    element = _first(item, name)
    return "" if element is None else element.get(attribute, "")


def _paragraphs(body: ElementTree.Element | None) -> str:
    if body is None:
        return ""
    blocks = [" ".join("".join(block.itertext()).split()) for block in body.iter(_BLOCK)]
    return "\n".join(filter(None, blocks)) or " ".join("".join(body.itertext()).split())
