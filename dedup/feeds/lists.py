"""Lists of feeds: addresses on the command line, a file of addresses, an OPML file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from dedup.errors import InputError
from dedup.readers.addresses import is_address


def addresses_of(feeds: Iterable[str | Path]) -> list[str]:
    """Addresses of feeds, each once, in their order.

    Args:
        feeds: http(s) addresses, files with an address in each line (`#` begins a comment), and
            OPML files, which feed readers export.

    Raises:
        InputError: A file cannot be read or names no feed.
    """
    addresses: dict[str, None] = {}
    for feed in feeds:
        if is_address(str(feed)):
            addresses[str(feed)] = None
        else:
            addresses.update(dict.fromkeys(_of_file(Path(feed))))
    return list(addresses)


def _of_file(path: Path) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8: byte {error.start}") from error
    addresses = _of_opml(text, path) if text.lstrip().startswith("<") else _of_lines(text, path)
    if not addresses:
        raise InputError(f"{path}: names no feed: write an http(s) address in each line, or OPML")
    return addresses


def _of_lines(text: str, path: Path) -> list[str]:
    addresses = []
    for number, line in enumerate(text.splitlines(), start=1):
        address = "" if line.lstrip().startswith("#") else line.partition(" #")[0].strip()
        if address and not is_address(address):
            raise InputError(f"{path}:{number}: {address!r} is no http(s) address")
        if address:
            addresses.append(address)
    return addresses


def _of_opml(text: str, path: Path) -> list[str]:
    if "<!ENTITY" in text:
        raise InputError(f"{path}: declares entities, which may never end: remove the declarations")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"{path}: is broken XML: {error}") from error
    if root.tag.lower() != "opml":
        raise InputError(
            f"{path}: is no OPML and no list of addresses: a feed in a file is added with `dedup "
            f"add`"
        )
    names = ("xmlUrl", "xmlurl", "xmlURL")
    values = (next(filter(None, map(line.get, names)), "") for line in root.iter("outline"))
    return [address.strip() for address in values if is_address(address.strip())]
