"""The report in a real browser: its filter, its order, its links."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.readers import read_articles
from dedup.report import write_report
from dedup.result import Result
from tests.indexes import PATIENCE
from tests.requirements import require, require_program

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def seeds(seeds_path: Path) -> Result:
    return dedup.cluster(read_articles([seeds_path]))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    require_program("Chromium", "chromium", CHROMIUM is not None)
    with require("playwright.sync_api").sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=1_000 * PATIENCE
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, seeds: Result, tmp_path: Path) -> Iterator[Any]:
    """The report of the demonstration corpus; whatever goes wrong in it fails the test."""
    path = tmp_path / "report.html"
    write_report(seeds, path, detailed_stories=8)
    page = chromium.new_page()
    page.set_default_timeout(1_000 * PATIENCE)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda message: faults.append(message.text) if message.type == "error" else None
    )
    page.goto(path.as_uri())
    yield page
    assert faults == []
    page.close()


def ids(page: Any) -> list[str]:
    listed = page.eval_on_selector_all("#story-list > li", "all => all.map((one) => one.id)")
    return [str(id) for id in listed]


def test_all_stories_are_listed_and_filtered(page: Any, seeds: Result) -> None:
    stories = {story.id: story for story in seeds.story_groups}
    assert ids(page) == list(stories)

    page.select_option("#least", "5")
    assert set(ids(page)) == {id for id, story in stories.items() if story.articles >= 5}
    page.click("#clear")
    assert ids(page) == list(stories)

    page.fill("#since", "2023-10-16")
    page.fill("#until", "2023-10-20")
    inside = {
        id
        for id, story in stories.items()
        if story.first_seen
        and story.last_seen
        and f"{story.first_seen:%F}" <= "2023-10-20"
        and f"{story.last_seen:%F}" >= "2023-10-16"
    }
    assert inside and set(ids(page)) == inside
    assert page.inner_text("#shown") == f"{len(inside)} of {len(stories)} stories match."
    page.click("#clear")

    source = next(source for story in seeds.story_groups for source in story.sources)
    page.fill("#source", source.upper())
    wanted = {
        id
        for id, story in stories.items()
        if any(source.casefold() in s.casefold() for s in story.sources)
    }
    assert set(ids(page)) == wanted
    page.click("#clear")

    page.fill("#query", "no such words")
    assert ids(page) == []
    assert page.inner_text("#shown") == f"0 of {len(stories)} stories match."


def test_words_are_found_in_all_headlines_and_key_words(page: Any, seeds: Result) -> None:
    story = seeds.story_groups[-1]
    for words in (story.headline, *story.key_terms[:1], *seeds.story_groups[20].headlines.values()):
        page.fill("#query", words.upper())
        found = [each for each in seeds.story_groups if each.id in ids(page)]
        assert found


def test_a_language_that_is_chosen_shows_its_headline(page: Any, seeds: Result) -> None:
    page.check("input[name=language][value=es]")
    stories = [story for story in seeds.story_groups if "es" in story.languages]
    assert ids(page) == [story.id for story in stories]
    shown = page.eval_on_selector_all(
        "#story-list .headline", "all => all.map((one) => [one.textContent, one.lang])"
    )
    assert shown == [[" ".join(story.headlines["es"].split()), "es"] for story in stories]
    page.uncheck("input[name=language][value=es]")
    back = page.eval_on_selector_all(
        "#story-list .headline", "all => all.map((one) => one.textContent)"
    )
    assert back == [" ".join(story.headline.split()) for story in seeds.story_groups]


def test_order_and_links_to_a_story(page: Any, seeds: Result) -> None:
    page.select_option("#order", "first")
    times = {story.id: story.first_seen for story in seeds.story_groups}
    shown = [times[id] for id in ids(page)]
    assert shown == sorted(filter(None, shown))
    page.fill("#query", "no such words")
    target = seeds.story_groups[7].id
    page.evaluate(f"location.hash = '#{target}'")
    page.wait_for_selector(f"#{target} details.story[open] .story-head")
    assert page.input_value("#query") == ""


def test_a_long_list_is_shown_in_parts(chromium: Any, seeds: Result, tmp_path: Path) -> None:
    copied = [
        replace(story, id=f"{story.id}-{n}") for n in range(3) for story in seeds.story_groups
    ]
    path = tmp_path / "long.html"
    write_report(replace(seeds, story_groups=tuple(copied[:130])), path)
    page = chromium.new_page()
    page.goto(path.as_uri())
    assert len(ids(page)) == 100
    assert page.inner_text("#more") == "Show 30 more"
    page.click("#more")
    assert len(ids(page)) == 130
    assert page.is_hidden("#more")
    page.close()


def test_without_script_the_page_is_complete(chromium: Any, seeds: Result, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(seeds, path, detailed_stories=4)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#story-list > li").count() == len(seeds.story_groups)
    assert page.locator("#story-list > li").last.is_visible()
    assert page.locator("#filter").is_hidden()
    context.close()


def test_the_report_fits_a_phone(chromium: Any, seeds: Result, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(seeds, path)
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    page.goto(path.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
