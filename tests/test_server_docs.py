"""What the documentation shows of HTTP is what the server says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))

from fastapi.testclient import TestClient

from benchmarks.readme import DOCUMENTS, FENCE, README, ROOT, commands_of, run_shell
from dedup.index.story_index import StoryIndex
from dedup.server import create_app

pytestmark = pytest.mark.docs
HOST = "localhost:8000"
HTTP = ROOT / "docs" / "http.md"


def sessions(path: Path) -> list[tuple[str, str]]:
    """Commands of the sessions with a server in a document, with what they print."""
    commands = []
    text = path.read_text(encoding="utf-8")
    for block in re.findall(r"^```sh\n(\$ .*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            # A command ends at the first end of a line outside of quotes.
            end = next(i for i in range(len(part)) if part[i] == "\n" and _whole(part[:i]))
            commands.append((part[:end], part[end:].strip()))
    return commands


def _whole(command: str) -> bool:
    return command.count("'") % 2 == 0


def answer_to(client: TestClient, command: str) -> str:
    """What a `curl` prints, with a path into JSON after `| jq`."""
    curl, _, path = command.partition("| jq")
    words = shlex.split(curl)
    assert words[:2] == ["curl", "-s"]
    status_only = "%{http_code}" in words
    url = next(word for word in words if word.startswith(HOST))
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    body = next((words[i + 1] for i, word in enumerate(words) if word == "-d"), None)
    answer = client.request(
        "GET" if body is None else "POST", url.removeprefix(HOST), content=body, headers=headers
    )
    if status_only:
        return str(answer.status_code)
    assert answer.status_code < 400, answer.text
    if not path:
        return answer.text
    value: Any = answer.json()
    for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", shlex.split(path)[-1]):
        value = value[name] if name else value[int(number)]
    return value if isinstance(value, str) else json.dumps(value)


@pytest.mark.parametrize(
    ("document", "token", "fewest"),
    [("docs/http.md", "", 4), ("docs/operating.md", "s3cret", 4)],
)
def test_the_commands_print_what_is_shown(
    document: str, token: str, fewest: int, tmp_path: Path
) -> None:
    commands = sessions(ROOT / document)
    assert len([command for command, _ in commands if command.startswith("curl")]) >= fewest
    with (
        StoryIndex.open(tmp_path / "index", synchronous="NORMAL") as index,
        TestClient(create_app(index, token=token)) as client,
    ):
        for command, shown in commands:
            if command.startswith("curl"):
                assert answer_to(client, command) == shown
            else:
                assert command.startswith("dedup serve ")
                assert not shown


def test_only_these_documents_have_sessions() -> None:
    documents = {path for path in DOCUMENTS if sessions(path)}
    assert documents == {README, HTTP, ROOT / "docs" / "operating.md"}


def test_the_session_of_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    if shutil.which("jq") is None or shutil.which("curl") is None:
        pytest.skip("curl and jq are not installed")
    with socket.socket() as probe:
        if probe.connect_ex(("localhost", 8000)) == 0:
            pytest.skip("something else listens at port 8000")
    blocks = FENCE.findall(README.read_text(encoding="utf-8"))
    script, shown = "", ""
    for kind, body in blocks:
        if body.startswith("cat > articles.jsonl"):
            script += body
        elif kind == "console" and "dedup add news" in body:
            script += f"{commands_of(body)[0]} >/dev/null\n"
        elif kind == "sh" and body.startswith("$ "):
            script += "\n".join(commands_of(body))
            shown = "".join(
                line for line in body.splitlines(keepends=True) if not line.startswith("$ ")
            )
    printed = run_shell(script, tmp_path)
    assert printed.replace("}", "}\n", 1) == shown


def test_every_route_is_named(tmp_path: Path) -> None:
    text = HTTP.read_text(encoding="utf-8")
    with StoryIndex.open(tmp_path / "index") as index:
        paths = create_app(index).openapi()["paths"]
    assert [path for path in paths if path not in text] == []
