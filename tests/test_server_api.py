from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))

from fastapi.testclient import TestClient

from dedup.errors import StoreError
from dedup.index.story_index import StoryIndex
from dedup.server import Limits, create_app
from tests.served import BODY, FLOOD, OTHER, flood_index

ROW = {"id": "n", "title": "News of the day", "text": "Something happened in Ghent today."}


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an index that no test changes."""
    index = flood_index(tmp_path_factory.mktemp("index"))
    with index, TestClient(create_app(index)) as client:
        yield client


@pytest.fixture
def index(tmp_path: Path) -> Iterator[StoryIndex]:
    with StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as opened:
        yield opened


@pytest.fixture
def client(index: StoryIndex) -> Iterator[TestClient]:
    with TestClient(create_app(index)) as opened:
        yield opened


def problem_of(answer: Any, status: int) -> dict[str, Any]:
    """The problem document of an answer, after the checks that hold for all of them."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["title"]
    return document


def test_an_article_is_added_shown_and_removed(client: TestClient) -> None:
    added = client.post("/v1/articles", json=ROW)
    assert added.status_code == 201
    assert added.headers["location"] == "/v1/articles/n"
    (placement,) = added.json()["placements"]
    assert (placement["id"], placement["status"]) == ("n", "added")
    shown = client.get("/v1/articles/n").json()
    assert shown["article"]["text"] == ROW["text"]
    assert shown["time_imputed"] is True
    assert shown["placement"]["story_group"] == placement["story_group"]
    assert [each["id"] for each in shown["duplicate_cluster"]] == ["n"]
    assert client.delete("/v1/articles/n").status_code == 204
    problem_of(client.get("/v1/articles/n"), 404)
    problem_of(client.delete("/v1/articles/n"), 404)


def test_the_same_again_changes_nothing(client: TestClient, index: StoryIndex) -> None:
    client.post("/v1/articles", json=ROW)
    events = index.stats().events
    again = client.post("/v1/articles", json=ROW)
    assert again.status_code == 201
    assert again.json()["placements"][0]["status"] == "unchanged"
    assert index.stats().events == events


def test_a_batch_says_where_each_was_put(client: TestClient, index: StoryIndex) -> None:
    rows = [
        {
            "id": each.id,
            "title": each.title,
            "text": each.text,
            "source": each.source,
            "published_at": str(each.published_at),
        }
        for each in [*FLOOD, OTHER]
    ]
    answer = client.post("/v1/articles", json=[*rows, {"id": "empty"}])
    assert answer.status_code == 201
    placements = {each["id"]: each for each in answer.json()["placements"]}
    assert list(placements) == ["a", "b", "d", "e"]
    assert placements["b"]["representative"] == "a"
    assert placements["b"]["copy_type"] == "near"
    for id, each in placements.items():
        assert each["story_group"] == index.placement(id).story_group
    assert [met["kind"] for met in answer.json()["problems"]] == ["empty article"]


def test_put_adds_replaces_and_keeps(client: TestClient) -> None:
    row = {"title": ROW["title"], "text": ROW["text"]}
    assert client.put("/v1/articles/n", json=row).status_code == 201
    assert client.put("/v1/articles/n", json=row).status_code == 200
    changed = client.put("/v1/articles/n", json={"title": "Other news", "text": "Of Bruges."})
    assert changed.status_code == 200
    assert changed.json()["placements"][0]["status"] == "updated"
    assert client.get("/v1/articles/n").json()["article"]["title"] == "Other news"
    other = problem_of(client.put("/v1/articles/n", json=ROW | {"id": "m"}), 422)
    assert other["errors"][0]["pointer"] == "#/id"


@pytest.mark.parametrize(
    "id",
    ["a/b", "/a", "a//b/", "a b", "é/ü?x=1&y#z", "100%", "a\nb", "日本", "a+b;c", "..a", "'\""],
)
def test_ids_of_any_characters_work_in_paths(id: str, client: TestClient) -> None:
    path = f"/v1/articles/{quote(id, safe='')}"
    assert client.put(path, json={"text": ROW["text"]}).status_code == 201
    assert client.get(path).json()["article"]["id"] == id
    added = client.post("/v1/articles", json=ROW | {"id": id})
    assert client.get(added.headers["location"]).json()["article"]["id"] == id
    assert client.delete(path).status_code == 204
    problem_of(client.get(path), 404)


@pytest.mark.parametrize("id", [" a", "a ", "a\0b", "x" * 1001])
def test_ids_that_cannot_be_kept_are_refused(id: str, client: TestClient) -> None:
    problem_of(client.put(f"/v1/articles/{quote(id, safe='')}", json={"text": "Text."}), 422)


def test_half_characters_and_nulls_are_mended(client: TestClient) -> None:
    sent = (
        r'{"id": "\ud83d", "title": "Half \udc00 of one", "text": "A nu\u0000ll.", "url": "\ud800"}'
    )
    answer = client.post("/v1/articles", content=sent, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    shown = client.get(answer.headers["location"]).json()["article"]
    assert shown["title"] == "Half ? of one"
    assert shown["text"] == "A null."


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b"1" * 10_000, 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b"[[]]", 422),
        (b'{"kopf": "x"}', 422),
        (b'{"\\ud800": "x"}', 422),
        (b'{"title": 1}', 422),
        (b'{"title": null}', 422),
        (b'{"title": ""}', 422),
        (b'{"title": "x", "published_at": "yesterday"}', 422),
        (b'{"title": "x", "published_at": "0001-01-01T00:00:00+14:00"}', 422),
        (b'{"title": "x", "published_at": 1e400}', 422),
        (b'{"title": "x", "source": "' + b"y" * 2001 + b'"}', 422),
    ],
)
def test_bodies_that_are_no_articles_are_refused(
    sent: bytes, status: int, client: TestClient, index: StoryIndex
) -> None:
    headers = {"Content-Type": "application/json"}
    problem_of(client.post("/v1/articles", content=sent, headers=headers), status)
    problem_of(client.put("/v1/articles/x", content=sent, headers=headers), status)
    assert index.stats().articles == 0


def test_a_problem_points_at_what_is_wrong(client: TestClient) -> None:
    found = problem_of(
        client.post("/v1/articles", json=[ROW, {"title": 1, "published_at": "soon"}]), 422
    )
    assert [each["pointer"] for each in found["errors"]] == ["#/1/title", "#/1/published_at"]
    found = problem_of(client.get("/v1/stories?limit=0"), 422)
    assert found["errors"][0]["parameter"] == "limit"


def test_an_article_is_read_like_a_row_of_a_file(client: TestClient) -> None:
    row = {
        "guid": "r-1",
        "headline": "Ferry &amp; tug",
        "body": "<p>A ferry ran aground.</p>",
        "pubDate": "Tue, 05 Mar 2024 08:00:00 GMT",
        "author": "A. Holm",
    }
    assert client.post("/v1/articles", json=row).status_code == 201
    article = client.get("/v1/articles/r-1").json()["article"]
    assert (article["title"], article["text"]) == ("Ferry & tug", "A ferry ran aground.")
    assert article["published_at"] == "2024-03-05T08:00:00Z"
    client.post("/v1/articles", json={"id": "r-2", "title": "Day", "date": "2024-03-05"})
    assert client.get("/v1/articles/r-2").json()["article"]["date_precision"] == "day"


def test_what_an_api_answered_is_read_like_a_file(client: TestClient) -> None:
    article = {"_id": {"$oid": "65"}, "title": "Rate", "published_at": {"$date": 1709625600000}}
    added = client.post("/v1/articles", json={"status": "ok", "articles": [article]}).json()
    assert [placement["id"] for placement in added["placements"]] == ["65"]
    shown = client.get("/v1/articles/65").json()["article"]
    assert shown["published_at"] == "2024-03-05T08:00:00Z"
    hit = {"_id": "66", "_source": {"title": "Ferry", "text": "A ferry ran aground."}}
    assert client.post("/v1/articles", json=hit).json()["placements"][0]["id"] == "66"
    answer = client.post("/v1/articles", json={"a": [article], "b": [article]})
    assert answer.status_code == 422
    assert "several lists of records" in answer.json()["detail"]


def test_forms_of_other_sites_cannot_write(client: TestClient) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": kind} if kind else {}
        found = client.post("/v1/articles", content=json.dumps(ROW), headers=headers)
        problem_of(found, 415)


def test_unknown_routes_and_methods_are_problems(client: TestClient) -> None:
    problem_of(client.get("/v1/nothing"), 404)
    problem_of(client.get("/v1/articles/"), 404)
    wrong = client.delete("/v1/stories")
    problem_of(wrong, 405)
    assert wrong.headers["allow"] == "GET"
    # Only a browser that asks for a page is given one.
    page = client.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


def test_limits_of_size(index: StoryIndex) -> None:
    limits = Limits(body_bytes=2_000, batch=3, text_chars=100)
    with TestClient(create_app(index, limits=limits)) as client:
        announced = client.post("/v1/articles", json={"text": "x" * 3_000})
        problem_of(announced, 413)
        pieces = (b'{"text": "', *[b"x" * 500] * 6, b'"}')
        streamed = client.post(
            "/v1/articles", content=iter(pieces), headers={"Content-Type": "application/json"}
        )
        problem_of(streamed, 413)
        problem_of(client.post("/query", content=iter(pieces)), 413)
        problem_of(client.post("/v1/articles", json=[ROW] * 4), 413)
        problem_of(client.post("/v1/articles", json={"text": "x" * 101}), 413)
        problem_of(client.put("/v1/articles/x", json={"text": "x" * 101}), 413)
        problem_of(client.post("/v1/query", json={"text": "x" * 101}), 413)
        problem_of(client.post("/v1/query", json={"article": {"title": "x" * 101}}), 413)
        assert client.post("/v1/articles", json=ROW).status_code == 201
    assert index.stats().articles == 1


def test_writing_needs_the_token_and_reading_does_not(index: StoryIndex) -> None:
    with TestClient(create_app(index, token="geheim-é")) as client:
        for given in ("", "Bearer wrong", "geheim-é", "Basic geheim", "Bearer"):
            headers = [(b"Authorization", given.encode())] if given else []
            for answer in (
                client.post("/v1/articles", json=ROW, headers=headers),
                client.put("/v1/articles/n", json=ROW, headers=headers),
                client.delete("/v1/articles/n", headers=headers),
                # Refused before anything of it is read.
                client.post("/v1/articles", content=b"{", headers=headers),
            ):
                problem_of(answer, 401)
                assert answer.headers["www-authenticate"] == "Bearer"
        assert index.stats().articles == 0
        right = [(b"Authorization", "Bearer geheim-é".encode())]
        assert client.post("/v1/articles", json=ROW, headers=right).status_code == 201
        assert client.get("/v1/articles/n").status_code == 200
        assert client.post("/v1/query", json={"text": BODY}).status_code == 200
        assert client.delete("/v1/articles/n", headers=right).status_code == 204


def test_only_its_own_names_are_served(index: StoryIndex) -> None:
    with TestClient(create_app(index, hosts=["localhost", "::1"])) as client:
        for host, status in (
            ("localhost:8000", 200),
            ("LOCALHOST", 200),
            ("[::1]:8000", 200),
            ("rebound.example", 421),
            ("[::1", 421),
            ("", 421),
        ):
            assert client.get("/healthz", headers={"Host": host}).status_code == status, host


def test_a_query_finds_copies_and_the_story_and_adds_nothing(reading: TestClient) -> None:
    answer = reading.post("/v1/query", json={"text": BODY}).json()
    assert answer["duplicates"][0]["a"] == "a"
    assert answer["duplicates"][0]["jaccard"] == 1.0
    assert answer["story_group"] == reading.get("/v1/articles/a").json()["placement"]["story_group"]
    asked = {"article": {"title": "Flood in Brackwater", "text": BODY}, "limit": 1}
    assert len(reading.post("/v1/query", json=asked).json()["duplicates"]) == 1
    assert reading.get("/v1/changes?limit=1000").json()["last"] == 2
    for wrong in ({}, {"text": "x", "article": ROW}, {"text": " "}, {"text": "x", "limit": 0}):
        problem_of(reading.post("/v1/query", json=wrong), 422)


def test_a_query_has_a_time_only_if_it_names_one(reading: TestClient) -> None:
    question = {"text": "The old market of Brackwater is flooded."}
    undated = reading.post("/v1/query", json=question).json()
    assert undated["published_at"] is None
    assert undated["neighbors"][0]["gap_seconds"] is None
    for time in ("2026-03-01", "1 March 2026"):
        dated = reading.post("/v1/query", json=question | {"published_at": time}).json()
        assert dated["published_at"] == "2026-03-01T00:00:00Z"
        assert dated["story_group"] == ""
        assert dated["neighbors"][0]["probability"] is None
        assert dated["neighbors"][0]["gap_seconds"] > 700 * 86_400
    own = {"article": {**question, "published_at": "2024-03-01"}, "published_at": "2026-03-01"}
    assert reading.post("/v1/query", json=own).json()["published_at"] == "2024-03-01T00:00:00Z"
    problem_of(reading.post("/v1/query", json=question | {"published_at": "banana"}), 422)


def test_stories_are_listed_filtered_and_paged(reading: TestClient) -> None:
    def ids(**wanted: str | int) -> list[str]:
        answer = reading.get("/v1/stories", params=wanted)
        assert answer.status_code == 200, answer.text
        return [story["first_article"] for story in answer.json()["stories"]]

    assert ids() == ["e", "a"]
    assert ids(order="largest") == ["a", "e"]
    assert ids(min_texts=2) == ["a"]
    assert ids(source="Herald") == ["a"]
    assert ids(language="de") == []
    assert ids(text="brackwater FLOOD") == ["a"]
    assert ids(since="2024-03-05T00:00:00Z") == ["e"]
    # A time without a zone is one in UTC; the end does not belong to the span.
    assert ids(until="2024-03-01T08:00:00") == []
    assert ids(until="2024-03-01T09:00:01+01:00") == ["a"]
    first = reading.get("/v1/stories?limit=1").json()
    second = reading.get("/v1/stories", params={"limit": 1, "cursor": first["cursor"]}).json()
    assert [each["first_article"] for each in first["stories"] + second["stories"]] == ["e", "a"]
    assert second["cursor"] == ""
    assert "members" not in first["stories"][0]
    problem_of(reading.get("/v1/stories?cursor=nonsense"), 422)
    problem_of(reading.get("/v1/stories?order=best"), 422)
    problem_of(reading.get("/v1/stories?since=0001-01-01T00:00:00%2B14:00"), 422)


def test_a_story_is_shown_with_its_members(reading: TestClient) -> None:
    story = reading.get("/v1/articles/a").json()["placement"]["story_group"]
    shown = reading.get(f"/v1/stories/{story}").json()
    assert [each["id"] for each in shown["members"]] == ["a", "b", "d"]
    listed = {each["id"]: each for each in reading.get("/v1/stories").json()["stories"]}[story]
    assert listed.items() <= shown.items()
    assert shown["texts"] == 2
    problem_of(reading.get("/v1/stories/s-none"), 404)
    problem_of(reading.get("/v1/why?a=a&b=none"), 404)
    before = reading.get(f"/v1/stories/{story}", params={"as_of": "2001-01-01T00:00:00Z"})
    problem_of(before, 404)
    now = reading.get(f"/v1/stories/{story}", params={"as_of": "2999-01-01T00:00:00Z"})
    assert [each["id"] for each in now.json()["members"]] == ["a", "b", "d"]


def test_why_says_it_in_a_sentence_and_in_numbers(reading: TestClient) -> None:
    copies = reading.get("/v1/why?a=a&b=b").json()
    assert copies["same_duplicate_cluster"] is True
    assert copies["probability"] is None
    assert copies["sentence"].startswith("Together: copies of one text")
    told = reading.get("/v1/why?a=a&b=d").json()
    assert told["same_story_group"] is True
    assert told["gap_seconds"] == 5 * 3600
    total = sum(part["log_odds"] for part in told["evidence"])
    assert told["log_odds"] == pytest.approx(total, abs=1e-3)
    apart = reading.get("/v1/why?a=a&b=e").json()
    assert apart["same_story_group"] is False
    assert apart["stories"][0]["id"] != apart["stories"][1]["id"]


def test_a_merged_story_leads_to_its_heir_and_one_without_articles_is_gone(
    client: TestClient, index: StoryIndex
) -> None:
    index.add([*FLOOD, OTHER])
    merged, successor = index.placement("e").story_group, index.placement("a").story_group
    assert merged != successor
    same = {"title": "Brackwater flood", "text": BODY, "language": "en"}
    time = FLOOD[0].published_at
    assert time
    client.put("/v1/articles/e", json=same | {"published_at": time.isoformat()})
    answer = client.get(f"/v1/stories/{merged}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"/v1/stories/{successor}")
    assert client.get(f"/v1/stories/{merged}").json()["id"] == successor
    page = client.get(f"/stories/{merged}", follow_redirects=False)
    assert (page.status_code, page.headers["location"]) == (308, f"/stories/{successor}")
    for id in "abde":
        client.delete(f"/v1/articles/{id}")
    problem_of(client.get(f"/v1/stories/{successor}"), 410)
    problem_of(client.get(f"/v1/stories/{merged}"), 410)
    assert client.get(f"/stories/{successor}").status_code == 410


def test_changes_are_listed_from_where_one_left_off(client: TestClient) -> None:
    assert client.get("/v1/changes").json() == {"changes": [], "last": 0}
    client.post("/v1/articles", json=ROW)
    first = client.get("/v1/changes").json()
    assert [(each["kind"], each["added"]) for each in first["changes"]] == [("created", ["n"])]
    client.delete("/v1/articles/n")
    later = client.get("/v1/changes", params={"since": first["last"]}).json()
    assert [each["kind"] for each in later["changes"]] == ["closed"]
    story = first["changes"][0]["story_group"]
    assert len(client.get("/v1/changes", params={"story_group": story}).json()["changes"]) == 2
    assert client.get("/v1/changes", params={"story_group": "none"}).json()["changes"] == []
    assert len(client.get("/v1/changes?limit=1").json()["changes"]) == 1
    problem_of(client.get("/v1/changes?since=-1"), 422)
    problem_of(client.get(f"/v1/changes?since={2**64}"), 422)


def test_health_readiness_and_figures(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    client.post("/v1/articles", json=ROW)
    client.get("/v1/articles/none")
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    figures = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    assert figures["dedup_articles"] == "1.0"
    assert figures["dedup_story_groups"] == "1.0"
    route = 'route="/v1/articles/{id:anything}"'
    assert figures[f'dedup_http_requests_total{{method="GET",{route},status="404"}}'] == "1.0"
    posted = 'method="POST",route="/v1/articles"'
    assert figures[f"dedup_http_request_seconds_count{{{posted}}}"] == "1.0"
    # No path of a request becomes a name of its own.
    assert "none" not in re.findall(r'route="([^"]*)"', answer.text)


def test_faults_of_the_index_are_answered_without_internals(
    client: TestClient, index: StoryIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("cannot write /secret/place: disk full")

    def broken(*_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(index, "add", full)
    monkeypatch.setattr(index, "stats", full)
    monkeypatch.setattr(index, "article", broken)
    for answer, status in (
        (client.post("/v1/articles", json=ROW), 503),
        (client.get("/readyz"), 503),
        (client.get("/v1/articles/n"), 500),
    ):
        problem_of(answer, status)
        assert "secret" not in answer.text
        assert "disk" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    monkeypatch.setattr(index, "stories", full)
    problem_of(client.get("/v1/stories?cursor=x"), 503)


def test_every_answer_carries_the_security_headers(reading: TestClient) -> None:
    for path in ("/", "/v1/stories", "/v1/nothing", "/static/page.js", "/metrics"):
        headers = reading.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers


def test_the_openapi_document_has_examples_and_problem_documents(reading: TestClient) -> None:
    document = reading.get("/openapi.json").json()
    routes = {
        (path, method): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert {
        ("/v1/articles", "post"),
        ("/v1/articles/{id}", "put"),
        ("/v1/articles/{id}", "delete"),
        ("/v1/articles/{id}", "get"),
        ("/v1/query", "post"),
        ("/v1/stories", "get"),
        ("/v1/stories/{id}", "get"),
        ("/v1/related", "get"),
        ("/v1/why", "get"),
        ("/v1/changes", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
    } == set(routes)
    for name, operation in routes.items():
        assert operation["summary"], name
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], (name, status)
    content = routes["/v1/articles", "post"]["requestBody"]["content"]["application/json"]
    assert set(content["examples"]) == {"one", "batch"}
    assert routes["/v1/articles", "post"]["security"] == [{"token": []}]
    assert "HTTPValidationError" not in json.dumps(document)


def test_100_readers_and_a_writer(client: TestClient, index: StoryIndex) -> None:
    client.post("/v1/articles", json=ROW)
    paths = ["/v1/articles/n", "/v1/stories", "/v1/changes", "/", "/v1/why?a=n&b=n"]

    def read(number: int) -> list[int]:
        return [client.get(path).status_code for path in (paths[number % 5], "/healthz")]

    def write(number: int) -> int:
        row = ROW | {"id": f"w{number}", "text": f"{ROW['text']} Number {number}."}
        return client.post("/v1/articles", json=row).status_code

    with ThreadPoolExecutor(101) as pool:
        writing = pool.submit(lambda: [write(number) for number in range(5)])
        reading = [pool.submit(read, number) for number in range(100)]
        assert {status for each in reading for status in each.result()} == {200}
        assert writing.result() == [201] * 5
    assert index.stats().articles == 6
