"""Markup in a field of a record: HTML, entities and Markdown become the text that a reader sees.

Feeds, content systems and channels put HTML or Markdown into a title or a body. Plain text stays as
it is: a lone `<` or `&`, `a < b`, `R&D`, two asterisks. What counts as markup:

* HTML, if there is a tag of HTML that ends something (`</p>`), that needs no end (`<br>`, `<img
  ...>`), that opens a block (`<p>`) or has attributes (`<a href=...>`, also cut off at the end of
  the text); a comment; a CDATA section.
* A character reference with its semicolon: `&#8217;`, `&amp;`, also one that was escaped twice.
* Markdown, if there is a link `[text](address)`, an image, or bold text between two asterisks.
* BBCode of forums, if one of its tags ends (`[/b]`).
"""

from __future__ import annotations

import html
import re

_BLOCKS = (
    "address|article|aside|blockquote|body|br|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|head|header|hr|html|li|main|nav|ol|option|p|pre|section|summary|table|tbody|td|tfoot|th"
    "|thead|title|tr|ul"
)
_INLINE = (
    "a|abbr|acronym|audio|b|bdi|bdo|big|button|canvas|cite|code|data|del|dfn|em|embed|font|i|iframe|img|input"
    "|ins|kbd|label|link|map|mark|meta|meter|noscript|object|param|picture|progress|q|rp|rt|ruby|s|samp|script"
    "|select|small|source|span|strike|strong|style|sub|sup|svg|template|textarea|time|track|tt|u|var|video|wbr"
)
_HIDDEN = ("script", "style", "head", "noscript", "template", "iframe", "object", "svg", "select")
_ATTRIBUTES = r"""(?:\s+[\w:.@-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=]+))?)*"""
_VOID_ATTRIBUTES = r"""(?:\s+[\w:.@-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=]+)"""
_VOID_ATTRIBUTES += r"|\s+(?:hidden|async|noshade|disabled|checked|nowrap))*"
_HTML = re.compile(
    rf"</(?:{_BLOCKS}|{_INLINE}|[a-z]+:[a-z]+)\s*>"
    rf"|<(?:br|hr|wbr|img|input|embed|link|meta|source|track|p|div|li|ul|ol|table|tr|td|blockquote|h[1-6])"
    rf"{_VOID_ATTRIBUTES}\s*/?>"
    rf"|<(?:{_BLOCKS}|{_INLINE})\s+[a-z-]+="
    r"""(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'<>=]+(?:[\s>]|$))"""
    r"|<!--|<!\[CDATA\[",
    re.IGNORECASE,
)
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|$)", re.DOTALL)
_BLOCK_TAG = re.compile(rf"</?(?:{_BLOCKS}){_ATTRIBUTES}\s*/?>", re.IGNORECASE)
_PREFORMATTED = re.compile(r"<pre\b.*?</pre\s*>", re.IGNORECASE | re.DOTALL)
_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MAX_ESCAPES = 3
"""So often a text may have been escaped; a feed that escapes escaped HTML does it twice."""

_ADDRESS = r"(?:https?:|mailto:|tg:|/|#|www\.)[^\s()]*(?:\([^\s()]*\)[^\s()]*)*"
_TARGET = rf"\((?:<[^<>\n]*>|{_ADDRESS})(?:\s+\"[^\"\n]*\")?\)"
_IMAGE = re.compile(rf"!\[[^\[\]\n]*\]{_TARGET}")
_LINK = re.compile(rf"(?<!!)\[((?:[^\[\]\n]|\[[^\[\]\n]*\])+)\]{_TARGET}")
_BOLD = re.compile(r"(?<![A-Za-z0-9*])\*\*(?=[^\s*])([^*\n]+?)(?<=[^\s*(\[{])\*\*(?![A-Za-z0-9*])")
_BBCODE_END = re.compile(
    r"\[/(?:b|i|u|s|url|img|quote|size|color|font|code|list|center|email)\]", re.IGNORECASE
)
_BBCODE = re.compile(
    r"\[img[^\]\n]*\][^\[\]\n]*\[/img\]"
    r"|\[/?(?:b|i|u|s|url|quote|size|color|font|code|list|center|email|\*)(?:=[^\]\n]*)?\]",
    re.IGNORECASE,
)
_OTHER_MARKDOWN = (
    (re.compile(r"(?<![\w_])__(?=[^\s_])([^\n]+?)(?<=[^\s_])__(?![\w_])"), r"\1"),
    (re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"~~(?=\S)([^~\n]+?)(?<=\S)~~"), r"\1"),
    (re.compile(r"^[ ]{0,3}#{1,6}[ ]+(.*?)[ ]*#*$", re.MULTILINE), r"\1"),
    (re.compile(r"^[ ]{0,3}>[ ]?", re.MULTILINE), ""),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


def without_markup(text: str) -> str:
    r"""The text of a field as a reader sees it.

    Args:
        text: A title or a body, with or without markup.

    Returns:
        Without tags, attributes, scripts, styles, references and Markdown; a block or `<br>` is a
        line of its own. The same object where there is no markup.

    >>> without_markup("<p>Ferry&#8217;s crew</p><p>safe</p>")
    'Ferry’s crew\nsafe'
    >>> without_markup("AT&amp;amp;T < **R&D** [report](https://e.example/r)")
    'AT&T < R&D report'
    >>> without_markup("a < b && c > d")
    'a < b && c > d'
    """
    if "<" in text or "&" in text:
        text = _without_html(text)
    if "](" in text or "**" in text:
        text = _without_markdown(text)
    if "[/" in text and _BBCODE_END.search(text):
        text = _BBCODE.sub("", text)
    return text


def _without_html(text: str) -> str:
    if "<" in text and _HTML.search(text):
        # A tag that a reference hides was meant to be read: `Use &lt;br&gt; here`.
        return _referred(_text_of_html(text))
    for _ in range(_MAX_ESCAPES):
        plain = _referred(text)
        if plain == text:
            break
        text = plain
        if "<" in text and _HTML.search(text):
            return _referred(_text_of_html(text))
    return text


def _referred(text: str) -> str:
    """A text with its character references resolved once."""
    if "&" not in text:
        return text
    return _REFERENCE.sub(lambda reference: html.unescape(reference[0]), text)


def _text_of_html(source: str) -> str:
    """Text of a piece of HTML: one line for each block, without white space around it."""
    from selectolax.lexbor import LexborHTMLParser

    source = _CDATA.sub(r"\1", source)
    if not _HTML.search(source):
        return source
    if _BLOCK_TAG.search(source):
        source = _PREFORMATTED.sub(lambda block: block[0].replace("\n", "<br>"), source)
        source = _BLOCK_TAG.sub(lambda tag: f"\n{tag[0]}\n", " ".join(source.split()))
    # Without blocks the lines of the source are those of the author.
    tree = LexborHTMLParser(source)
    ended = source.lower()
    # One that never ends would hide the rest of the text.
    tree.strip_tags([tag for tag in _HIDDEN if f"</{tag}" in ended])
    text = tree.body.text(deep=True) if tree.body is not None else ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _without_markdown(text: str) -> str:
    plain = _BOLD.sub(r"\1", _LINK.sub(r"\1", _IMAGE.sub("", text)))
    if plain == text:
        return text
    for pattern, replacement in _OTHER_MARKDOWN:
        plain = pattern.sub(replacement, plain)
    return plain
