"""The HTML report of a batch run: one self-contained page.

The page loads nothing from the network and executes nothing from an article: the template
escapes everything, links lead to web addresses only, and a content security policy allows only
the script and the style of the page, by their digests. The same result gives the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dedup.description.explanation import shown_probability
from dedup.errors import ConfigError
from dedup.output.tables import replacing
from dedup.output.wording import printable
from dedup.records import host_of
from dedup.report.differences import shortened
from dedup.report.parts import evidence_words, reasons_sentence, without_names
from dedup.report.times import shown_range, shown_span, shown_time
from dedup.report.view import report_view
from dedup.result import Result

if TYPE_CHECKING:
    from jinja2 import Environment

_NAMED_INPUTS = 3


def write_report(
    result: Result,
    path: str | Path,
    *,
    detailed_stories: int = 100,
    title: str = "Story report",
    inputs: Sequence[str] = (),
    made_at: datetime | None = None,
) -> None:
    """Write the report of a result as one HTML file that is complete or absent.

    Args:
        result: The result of a run.
        path: The file.
        detailed_stories: All stories are listed; the page shows the texts, copies and evidence of
            at most this many, the largest first.
        title: Title of the page.
        inputs: What the articles were read from, for the head of the page.
        made_at: Aware time at which the result was made, for the head of the page.

    Raises:
        ConfigError: `detailed_stories` is negative.
        OutputError: The file cannot be written.
    """
    page = render_report(
        result, detailed_stories=detailed_stories, title=title, inputs=inputs, made_at=made_at
    )
    with replacing(path) as file:
        file.write(page.encode("utf-8"))


def render_report(
    result: Result,
    *,
    detailed_stories: int = 100,
    title: str = "Story report",
    inputs: Sequence[str] = (),
    made_at: datetime | None = None,
) -> str:
    """The report of a result as an HTML page.

    Args:
        result: The result of a run.
        detailed_stories: See `write_report`.
        title: See `write_report`.
        inputs: See `write_report`.
        made_at: See `write_report`.

    Raises:
        ConfigError: `detailed_stories` is negative.
    """
    from markupsafe import Markup

    if detailed_stories < 0:
        raise ConfigError(f"detailed_stories is {detailed_stories}: give 0 or more")
    style, script = _resource("report.css"), _resource("report.js")
    page = (
        page_environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            inputs=_named(inputs),
            made_at=made_at.astimezone(UTC) if made_at else None,
            summary=result.summary,
            report=report_view(result, detailed_stories=detailed_stories),
            # These are files of the package, not of an article, and are not escaped.
            style=Markup(style),
            script=Markup(script),
            style_digest=_digest(style),
            script_digest=_digest(script),
        )
    )
    return printable(page)


def _named(inputs: Sequence[str]) -> str:
    """Names of inputs in a line, without their folders, and without the secrets of addresses.

    >>> _named(["news/a.jsonl", "b.csv", "c/", "d.csv"]), _named(["-"]), _named([])
    ('a.jsonl, b.csv, c and 1 more', 'standard input', '')
    >>> _named(["https://me:secret@news.example/feed?key=1"])
    'news.example/feed'
    """
    names = [_name(name) for name in inputs]
    more = f" and {len(names) - _NAMED_INPUTS:,} more" if len(names) > _NAMED_INPUTS else ""
    return ", ".join(names[:_NAMED_INPUTS]) + more


def _name(name: str) -> str:
    if name == "-":
        return "standard input"
    if "://" not in name:
        return Path(name).absolute().name
    address = urlsplit(name)
    return f"{host_of(name)}{address.path}" or address.scheme


def page_environment(*packages: str) -> Environment:
    """Templates of the report and of some more packages, by name.

    They escape everything and fail on an unknown name.

    Args:
        packages: Packages with a folder `templates`, which are searched first.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    environment = Environment(
        auto_reload=False,
        autoescape=True,
        loader=ChoiceLoader([PackageLoader(name) for name in (*packages, "dedup.report")]),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        "number": "{:,}".format,
        "share": _share,
        "plain": _plain,
        "signed": _signed,
        "evidence_words": evidence_words,
        "reasons": reasons_sentence,
        "percent": shown_probability,
        "shortened": shortened,
        "time": shown_time,
        "without_names": without_names,
    }
    environment.globals |= {"period_of": shown_range, "duration_of": shown_span}
    return environment


def _resource(name: str) -> str:
    return resources.files("dedup.report").joinpath("static", name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    """Source expression of an inline script or style, as CSP level 2 defines it."""
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _share(value: float) -> str:
    """A probability with two digits; nearly certain is not shown as certain.

    >>> _share(0.7529), _share(0.9999), _share(0.001)
    ('0.75', '> 0.99', '< 0.01')
    """
    if value >= 0.995:
        return "> 0.99"
    return f"{value:.2f}" if value >= 0.005 else "< 0.01"


def _plain(value: float) -> str:
    """A number with at most four decimals.

    >>> _plain(0.1774), _plain(1.0), _plain(-6.5)
    ('0.1774', '1', '−6.5')
    """
    return f"{value:z.4f}".rstrip("0").rstrip(".").replace("-", "−")


def _signed(value: float) -> str:
    """A number with its sign and four decimals.

    >>> _signed(2.4842), _signed(-6.5), _signed(-0.0)
    ('+2.4842', '−6.5000', '+0.0000')
    """
    return f"{value:+z.4f}".replace("-", "−")
