"""The pages in a real browser: headless Chromium, driven by Playwright."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from dedup.index.story_index import StoryIndex
from dedup.records import Article
from tests.indexes import PATIENCE
from tests.requirements import require, require_program
from tests.served import FLOOD, OTHER, running

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FIELDS = ("id", "title", "text", "source", "published_at", "language", "url")
HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "</title></textarea></select></form><svg onload=\"document.title='owned'\">",
    "<style>body{display:none}</style><base href='http://elsewhere.example/'>",
    "<meta http-equiv='refresh' content='0;url=http://elsewhere.example/'>",
)


@dataclass
class Watched:
    """A browser's window on a server, with what went wrong in it.

    Args:
        page: The window.
        base: Address of the server.
        index: The index that is served.
        faults: Errors on the console, dialogs and requests to elsewhere.
    """

    page: Any
    base: str
    index: StoryIndex
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(1_000 * PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Any) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.base + "/"):
            self.faults.append(f"request: {request.url}")

    def goto(self, path: str) -> None:
        """Open a page of the server."""
        assert self.page.goto(self.base + path).ok


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    require_program("Chromium", "chromium", CHROMIUM is not None)
    require("fastapi")
    with require("playwright.sync_api").sync_playwright() as driver:
        # A container gives Chromium no sandbox of its own.
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=1_000 * PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def seeded(
    chromium: Any, tmp_path_factory: pytest.TempPathFactory, seeds_path: Path
) -> Iterator[tuple[str, StoryIndex]]:
    """A server over a part of the demonstration corpus and some hostile articles."""
    from dedup.server import create_app

    assert chromium
    rows = [json.loads(line) for line in seeds_path.read_text("utf-8").splitlines()]
    chosen = [row for row in rows if row["id"].startswith(("xi-putin", "lavrov"))]
    hostile = [
        Article(f"hostile/{n}", f"{text} Ghent", f"{text} in Ghent, number {n}.", text, None, "en")
        for n, text in enumerate(HOSTILE)
    ]
    with StoryIndex.open(tmp_path_factory.mktemp("index"), synchronous="NORMAL") as index:
        index.add([{name: row[name] for name in FIELDS if name in row} for row in chosen])
        with pytest.MonkeyPatch.context() as patched:
            # As an index has it that is older than the reading of markup.
            patched.setattr("dedup.readers.fields.without_markup", str)
            index.add([*hostile, *FLOOD])
        with running(create_app(index)) as base:
            yield base, index


@pytest.fixture
def window(chromium: Any, seeded: tuple[str, StoryIndex]) -> Iterator[Watched]:
    """A new window; nothing may have gone wrong in it when the test is over."""
    context = chromium.new_context()
    watched = Watched(context.new_page(), *seeded)
    yield watched
    context.close()
    assert watched.faults == []


def paths(index: StoryIndex) -> list[str]:
    """One of each kind of page, and all pages of what is hostile."""
    found = ["/", "/?order=largest", "/query", "/why?a=a&b=b", "/why?a=a&b=d"]
    for id in ("a", "b", "xi-putin-ar-1", *(f"hostile/{n}" for n in range(len(HOSTILE)))):
        path = quote(id, safe="")
        story = index.placement(id).story_group
        found += [f"/articles/{path}", f"/stories/{story}", f"/why?a={path}&b=xi-putin-ar-1"]
    return found


def test_markup_in_articles_stays_inert_and_nothing_is_asked_elsewhere(window: Watched) -> None:
    for path in paths(window.index):
        window.goto(path)
        assert window.page.title() != "owned"
        assert window.page.title().endswith(" · dedup")
        assert window.page.locator("main").is_visible()
        assert window.page.locator("script").count() == 1
        assert window.page.locator("style, img, base").count() == 0
    for text in HOSTILE:
        window.goto("/query")
        window.page.fill("textarea", f"{text} Ghent")
        window.page.click("text=Ask")
        assert window.page.input_value("textarea") == f"{text} Ghent"
        assert window.page.title() == "Paste a text · dedup"


def test_pages_fit_a_small_phone(chromium: Any, seeded: tuple[str, StoryIndex]) -> None:
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    small = Watched(context.new_page(), *seeded)
    for path in paths(small.index):
        small.goto(path)
        small.page.evaluate(
            "document.querySelectorAll('details').forEach((one) => one.open = true)"
        )
        assert small.page.evaluate("document.documentElement.scrollWidth") <= 320, path
    context.close()
    assert small.faults == []


def test_light_and_dark(chromium: Any, seeded: tuple[str, StoryIndex]) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        context = chromium.new_context(color_scheme=scheme)
        watched = Watched(context.new_page(), *seeded)
        watched.goto("/")
        colour = watched.page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades[scheme] = sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))
        context.close()
        assert watched.faults == []
    assert shades["dark"] < 150 < 600 < shades["light"]


def test_right_to_left_text_runs_right_to_left(window: Watched) -> None:
    window.goto("/articles/xi-putin-ar-1")
    for chosen, direction in (("main h1", "rtl"), (".whole", "rtl"), ("html", "ltr")):
        place = window.page.locator(chosen)
        assert place.evaluate("(one) => getComputedStyle(one).direction") == direction
    assert window.page.locator("main h1").get_attribute("lang") == "ar"


def test_the_keyboard_reaches_everything(window: Watched) -> None:
    page = window.page
    window.goto(f"/stories/{window.index.placement('a').story_group}")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert skip.bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    seen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() == 0:
            break
        seen.append(focused.evaluate("(one) => `${one.tagName} ${one.name || ''}`.trim()"))
        if seen[-1] == "BUTTON":
            outline = focused.evaluate("(one) => getComputedStyle(one).outlineStyle")
            assert outline == "solid"
            break
    assert {"A", "SUMMARY", "INPUT a", "INPUT b", "BUTTON"} <= set(seen)


def test_every_field_has_a_name(window: Watched) -> None:
    for path in ("/", "/query", f"/stories/{window.index.placement('a').story_group}"):
        window.goto(path)
        unnamed = window.page.evaluate(
            "[...document.querySelectorAll('input, select, textarea')]"
            ".filter((one) => !one.labels.length || !one.labels[0].textContent.trim()).length"
        )
        assert unnamed == 0, path


def test_pages_work_without_a_script(chromium: Any, seeded: tuple[str, StoryIndex]) -> None:
    context = chromium.new_context(java_script_enabled=False)
    plain = Watched(context.new_page(), *seeded)
    page = plain.page
    plain.goto("/")
    assert not page.locator("#live").is_visible()
    page.fill("main input[name=text]", "brackwater")
    page.click("text=Show")
    assert page.locator("[data-story]").count() == 1
    page.click("main h2 a")
    page.locator("summary", has_text="copy of this text").click()
    page.locator("input[name=a][value=a]").check()
    page.locator("input[name=b][value=b]").check()
    page.click("text=Compare A and B")
    assert "copies of one text" in page.inner_text("main")
    assert page.inner_text("ins") == "five"
    context.close()
    assert plain.faults == []


def test_the_list_follows_what_happens_until_it_is_paused(window: Watched) -> None:
    page, index = window.page, window.index
    window.goto("/")
    before = page.locator("[data-story]").count()
    page.wait_for_selector("#live-switch[aria-pressed=true]")
    index.add(OTHER)
    page.wait_for_selector(".fresh >> text=Chess")
    assert page.locator("[data-story]").count() == before + 1
    assert "1 story of this list changed" in page.inner_text("#live-status")
    # Who reads with the keyboard stays where they are.
    page.focus(f"a[href='/stories/{index.placement('e').story_group}']")
    index.remove("e")
    page.wait_for_selector("text=Chess", state="detached")
    assert page.locator("[data-story]").count() == before
    page.click("#live-switch")
    assert page.inner_text("#live-status") == "Paused."
    index.add(OTHER)
    page.click("#live-switch")
    page.wait_for_selector(".fresh >> text=Chess")
    index.remove("e")
    page.wait_for_selector("text=Chess", state="detached")


def test_a_story_says_that_it_has_changed_and_stays_as_it_is(window: Watched) -> None:
    page, index = window.page, window.index
    story = index.placement("a").story_group
    window.goto(f"/stories/{story}")
    page.wait_for_selector("#live", state="attached")
    page.locator("summary", has_text="copy of this text").click()
    index.remove("d")
    page.wait_for_selector("text=This story has changed.")
    assert page.locator("main h4").count() == 2
    assert page.locator("ins").is_visible()
    page.click("#live-status a")
    page.wait_for_load_state()
    assert page.locator("main h4").count() == 1
    index.add(FLOOD[2])
