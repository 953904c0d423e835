"""Requests made up from the OpenAPI document: none is answered with a 500, all as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from tests.requirements import reason

pytest.importorskip("fastapi", reason=reason("fastapi"))
pytest.importorskip("schemathesis", reason=reason("schemathesis"))

import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dedup.server import create_app
from tests.served import flood_index

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The document of an application over an index with a few articles."""
    with flood_index(tmp_path_factory.mktemp("index")) as index:
        yield schemathesis.openapi.from_asgi("/openapi.json", create_app(index))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/articles"),
        ("GET", "/v1/articles/{id}"),
        ("PUT", "/v1/articles/{id}"),
        ("DELETE", "/v1/articles/{id}"),
        ("POST", "/v1/query"),
        ("GET", "/v1/stories"),
        ("GET", "/v1/stories/{id}"),
        ("GET", "/v1/why"),
        ("GET", "/v1/changes"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    ],
)
def test_no_request_breaks_the_server(method: str, path: str, document: Any) -> None:
    operation = document[path][method]

    @given(case=operation.as_strategy())
    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    def check(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE))
    @settings(max_examples=10, suppress_health_check=list(HealthCheck))
    def check_wrong(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    check()
    if operation.body or list(operation.iter_parameters()):
        check_wrong()
