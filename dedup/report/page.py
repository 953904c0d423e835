"""The HTML report of a batch run: one self-contained page for people.

Nothing on the page comes from the network and nothing from an article is ever
executed: the template escapes everything, links lead to web addresses only, and
a content security policy allows the one script and the one style of the page by
their digests. The same result gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from dedup.errors import ConfigError
from dedup.output.tables import replacing
from dedup.report.view import report_view
from dedup.result import Result

if TYPE_CHECKING:
    from jinja2 import Environment

# What has no place on a page: control characters, lone surrogates, and the
# embeddings, overrides and isolates by which a text could reorder its surroundings.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")


def write_report(
    result: Result, path: str | Path, *, max_stories: int = 200, title: str = "Story report"
) -> None:
    """Write the report of a result as one HTML file that is complete or absent.

    Args:
        result: The result of a run.
        path: The file.
        max_stories: How many stories are listed at most, the largest first.
        title: Title of the page.

    Raises:
        ConfigError: `max_stories` is negative.
        OutputError: The file cannot be written.
    """
    page = render_report(result, max_stories=max_stories, title=title).encode("utf-8")
    with replacing(path) as file:
        file.write(page)


def render_report(result: Result, *, max_stories: int = 200, title: str = "Story report") -> str:
    """The report of a result as an HTML page.

    Args:
        result: What is shown.
        max_stories: See `write_report`.
        title: Its heading.

    Raises:
        ConfigError: `max_stories` is negative.
    """
    from markupsafe import Markup

    if max_stories < 0:
        raise ConfigError(f"max_stories is {max_stories}: give 0 or more")
    style, script = _resource("report.css"), _resource("report.js")
    page = (
        page_environment()
        .get_template("report.html.j2")
        .render(
            report=report_view(result, max_stories=max_stories, title=title),
            # Our own files, not an article's: they go into the page as they are.
            style=Markup(style),
            script=Markup(script),
            style_digest=_digest(style),
            script_digest=_digest(script),
        )
    )
    return printable(page)


def page_environment(*packages: str) -> Environment:
    """Templates of a page: those of the report, and those of some more packages, by name.

    They escape everything and fail on an unknown name.

    Args:
        packages: Packages with template files, looked in first.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    homes = [resources.files(package) for package in (*packages, "dedup.report.templates")]

    def load(name: str) -> str | None:
        found = (home.joinpath(name) for home in homes)
        return next((each.read_text(encoding="utf-8") for each in found if each.is_file()), None)

    environment = Environment(
        autoescape=True,
        loader=FunctionLoader(load),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"number": _number, "share": _share, "plain": _plain, "signed": _signed}
    return environment


def printable(page: str) -> str:
    """A page without what has no place on one.

    Control characters and lone surrogates become U+FFFD; what could reorder the text around
    it is left out.
    """
    return _UNPRINTABLE.sub("\ufffd", _REORDERING.sub("", page))


def _resource(name: str) -> str:
    return resources.files("dedup.report.templates").joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    """Source expression of an inline script or style, as CSP level 2 defines it."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _number(value: int) -> str:
    return f"{value:,}"


def _share(value: float) -> str:
    """A probability for reading; what is nearly certain is not shown as certain.

    >>> _share(0.7529), _share(0.9999), _share(0.001)
    ('0.75', '> 0.99', '< 0.01')
    """
    if value >= 0.995:
        return "> 0.99"
    return f"{value:.2f}" if value >= 0.005 else "< 0.01"


def _plain(value: float) -> str:
    """A number with at most four digits behind the point.

    >>> _plain(0.1774), _plain(1.0), _plain(-6.5)
    ('0.1774', '1', '−6.5')
    """
    return f"{value:z.4f}".rstrip("0").rstrip(".").replace("-", "−")


def _signed(value: float) -> str:
    """A number with its sign and four digits behind the point.

    >>> _signed(2.4842), _signed(-6.5), _signed(-0.0)
    ('+2.4842', '−6.5000', '+0.0000')
    """
    return f"{value:+z.4f}".replace("-", "−")
