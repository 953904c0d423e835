"""Identity of an article without an id: the canonical form of its address, else its content.

The same page is delivered under many addresses: with tracking parameters and fragments, as AMP, for
phones, with and without `www.`, a slash at the end, http or https.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import xxhash

_TRACKING = re.compile(
    r"utm_\w+|_?ga|_gl|gaa_\w+|[gdmw]clid|wbraid|gbraid|gclsrc|fbclid|fb_\w+|igshid|igsh|yclid|ysclid|twclid"
    r"|ttclid|msclkid|mc_[ce]id|mkt_tok|oly_\w+|_hs\w+|hs\w+tracking|vero_\w+|pk_\w+|piwik_\w+|mtm_\w+|matomo_\w+"
    r"|at_\w+|ns_\w+|xtor|smid|cmpid|cmp|campaign_id|ito|ocid|icid|ncid|spm|sc_\w+|wt_?\w*mc\w*|s_?cid|sref|rss|feed"
    r"|ref|ref_src|ref_url|referrer|from|source|src|share\w*|amp|amp_\w+|outputtype|output|__twitter_impression"
    r"|taid|tpcc|partner|ftag|guccounter|guce_\w+|soc_src|soc_trk|social|via|traffic_source|seg|rand|print",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from, or how the page is to look."""
_AMP_CACHE = re.compile(
    r"^(?:[\w-]+\.cdn\.ampproject\.org|www\.google\.[a-z.]+/amp)/(?:[cvi]/)?(?:s/)?", re.I
)
_HOST_PREFIX = re.compile(r"^(?:www\d?|m|mobile|amp|wap)\.(?=[^.]+\.)", re.IGNORECASE)
_AMP_PATH = re.compile(r"/amp(?=/|$)|\.amp(?=\.html?$|$)", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?)$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def canonical_address(url: str) -> str:
    """The address of a page in the form that all its addresses share; empty if it is none.

    Args:
        url: An http or https address.

    >>> canonical_address("http://m.e.example/a/amp/?utm_source=x&id=7#top")
    'https://e.example/a?id=7'
    """
    parts = urlsplit_or_none(url)
    if parts is None:
        return ""
    _, host, path, query = parts
    whole = _AMP_CACHE.match(f"{host}{path}")
    if whole is not None:
        inner = f"{host}{path}"[whole.end() :]
        host, _, path = inner.partition("/")
        path = f"/{path}"
    host = _HOST_PREFIX.sub("", host)
    path = quote(
        unquote(_INDEX.sub("/", _AMP_PATH.sub("", path))), safe="/:@!$&'()*+,;=~-._"
    ).rstrip("/")
    pairs = [
        (name, value)
        for name, value in parse_qsl(query, keep_blank_values=True)
        if not _TRACKING.fullmatch(name)
    ]
    tail = f"?{urlencode(sorted(pairs))}" if pairs else ""
    return f"https://{host}{path}{tail}"


def page_address(url: str) -> str:
    """The canonical address of one page; empty for the front page of a host, which is many."""
    address = canonical_address(url)
    parts = urlsplit(address)
    return address if parts.path.strip("/") or parts.query else ""


def urlsplit_or_none(url: str) -> tuple[str, str, str, str] | None:
    """Scheme, host with its port, path and query of an http(s) address."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not host:
        return None
    if port and port not in (80, 443):
        host = f"{host}:{port}"
    return parts.scheme.lower(), host, parts.path, parts.query


def identity_of(values: Mapping[str, str]) -> str:
    """The id of an article that has none.

    Args:
        values: Texts of the fields `title`, `text`, `source`, `url` and `published_at`.

    Returns:
        The canonical address of the article; where it has none, 16 hexadecimal digits that depend
        on its title, text and source.
    """
    address = page_address(values["url"])
    if address:
        return address
    parts = (values[field] for field in ("title", "text", "source", "url"))
    return xxhash.xxh3_128_hexdigest("\x1f".join(parts).encode())[:16]
